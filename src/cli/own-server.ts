/** The supervisor's Temporal server: adopted or started, and started again on the same ports when it dies. */
import { adoptDevServer, portOf, startDevServer, type DevServer, type DevServerRecord } from '../temporal/dev-server';
import { isAlive, killProcess } from '../temporal/processes';

export interface OwnServerOptions {
  readonly dataDir: string;
  /** The server that the last start has noted. */
  readonly last: DevServerRecord | undefined;
  readonly log: (line: string) => void;
  /** Notes a new process, before it is ready. */
  readonly onSpawn: (record: DevServerRecord) => Promise<void>;
}

const WATCH_EVERY = 1_000;
const AFTER_FAILURE = 10_000;

export class OwnServer {
  readonly #watching = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #restarting = Promise.resolve();

  private constructor(
    private server: DevServer,
    private readonly options: OwnServerOptions,
  ) {
    this.#lookAfter(WATCH_EVERY);
  }

  static async open(options: OwnServerOptions): Promise<OwnServer> {
    const { dataDir, last, log, onSpawn } = options;
    const adopted = last === undefined ? undefined : await adoptDevServer(last, dataDir);
    if (adopted !== undefined) log(`using the Temporal server that still runs as process ${String(adopted.pid)}`);
    return new OwnServer(adopted ?? (await startDevServer({ dataDir, log, onSpawn })), options);
  }

  get address(): string {
    return this.server.address;
  }

  get uiUrl(): string {
    return this.server.uiUrl;
  }

  get pid(): number {
    return this.server.pid;
  }

  async stop(): Promise<void> {
    this.#unwatch();
    await this.#restarting;
    await this.server.stop();
  }

  /** Ends the server at once. */
  kill(): void {
    this.#unwatch();
    killProcess(this.server.pid, 'SIGKILL');
  }

  #unwatch(): void {
    this.#watching.abort();
    clearTimeout(this.#timer);
  }

  /** Looks, since an adopted server is nobody's child that would tell its end. */
  #lookAfter(delay: number): void {
    if (this.#watching.signal.aborted) return;
    this.#timer = setTimeout(() => {
      this.#restarting = this.#look().then((next) => {
        this.#lookAfter(next);
      });
    }, delay);
  }

  /** @returns when to look again */
  async #look(): Promise<number> {
    const { dataDir, log, onSpawn } = this.options;
    if (await isAlive(this.server.pid)) return WATCH_EVERY;
    if (this.#watching.signal.aborted) return WATCH_EVERY;
    log('the Temporal server has ended: starting it again');
    try {
      const { address, uiUrl } = this.server;
      const again = await startDevServer({ dataDir, log, onSpawn, port: portOf(address), uiPort: portOf(uiUrl) });
      this.server = again;
      if (again.address === address) return WATCH_EVERY;
      // Worker and facade look for it where it was.
      await again.stop();
      this.server = { ...again, address, uiUrl };
      log(`${address} is taken by another process`);
    } catch (error) {
      log(error instanceof Error ? error.message : String(error));
    }
    return AFTER_FAILURE;
  }
}
