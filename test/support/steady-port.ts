import { isPortFree } from '../../src/temporal/ports';

/**
 * A free port below those that the system gives to outgoing connections and to whoever asks for any: nobody else takes it
 * while it is not listened on.
 */
export async function steadyPort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    if (await isPortFree(port)) return port;
  }
}
