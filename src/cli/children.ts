/** What the supervisor's children are started with. */
import { extname, join } from 'node:path';
import { SETTINGS, urlOf, type Config } from '../config';

/** A module that takes `worker` or `serve` as its first argument, and how Node is to run it. */
export interface Entry {
  readonly file: string;
  readonly execArgv: readonly string[];
}

/** This command line itself, run as this process is: compiled, or by a loader that understands TypeScript. */
export function ownEntry(): Entry {
  return { file: join(__dirname, `main${extname(__filename)}`), execArgv: process.execArgv };
}

/**
 * How Node runs a facade. What a request has made lives until Temporal has answered it: with the semi-spaces that Node
 * has by itself (16 MB) much of that is copied over and over, which was a sixth of what a start costs a busy facade.
 */
export const FACADE_FLAGS: readonly string[] = ['--max-semi-space-size=32'];

export interface ChildSettings {
  /** Where the facade is to listen. */
  readonly port: number;
  readonly temporalUiUrl: string | undefined;
  /** Of the server that the supervisor runs; undefined for one that the environment names. */
  readonly ownTemporal: string | undefined;
  readonly algorithms: readonly string[] | undefined;
  /** Where none was given. */
  readonly secretKey: string | undefined;
}

/** Deliveries to this machine, and algorithms on it, are what a first try needs; a server for others does without. */
const THIS_MACHINE = '127.0.0.0/8,::1';

/** The same configuration as the supervisor's, with what the supervisor has decided filled in. */
export function childEnvironment(config: Config, settings: ChildSettings): NodeJS.ProcessEnv {
  const { port, temporalUiUrl, ownTemporal, algorithms, secretKey } = settings;
  const ours = new Set<string>(Object.values(SETTINGS).map(({ name }) => name));
  const inherited = Object.entries(process.env).filter(
    // What speaks of another server (a namespace, a key) does not go with ours.
    ([name]) => !ours.has(name) && !(ownTemporal !== undefined && name.startsWith('TEMPORAL_')),
  );
  return {
    WEBHOOK_ALLOW: THIS_MACHINE,
    ALGORITHM_ALLOW: THIS_MACHINE,
    PUBLIC_URL: urlOf(config.host, port),
    ...(secretKey !== undefined && { SECRET_KEY: secretKey }),
    ...Object.fromEntries(inherited),
    ...config.given,
    HOST: config.host,
    PORT: String(port),
    DATA_DIR: config.dataDir,
    ...(temporalUiUrl === undefined ? {} : { TEMPORAL_UI_URL: temporalUiUrl }),
    ...(algorithms === undefined ? {} : { ALGORITHMS: algorithms.join(',') }),
    ...(ownTemporal === undefined ? {} : temporalEnvironment(ownTemporal, config.dataDir)),
  };
}

/** Names a file that is not there, as the user's own file of Temporal profiles would be read otherwise. */
function temporalEnvironment(address: string, dataDir: string): NodeJS.ProcessEnv {
  return {
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: 'default',
    TEMPORAL_CONFIG_FILE: join(dataDir, 'no-temporal-profiles.toml'),
  };
}
