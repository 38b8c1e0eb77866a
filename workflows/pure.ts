/**
 * What all workflows of a worker share: code without state, which Temporal's sandbox would otherwise load anew for each of
 * them (`preloadModules` of its bundler). Nothing here may import the SDK, whose modules are each workflow's own.
 */
import '../src/domain/delivery-input';
import '../src/domain/delivery-record';
import '../src/domain/details';
import '../src/domain/homes';
import '../src/domain/limited';
import '../src/domain/registry';
import '../src/domain/schedule';
import '../src/domain/snapshot';
import '../src/domain/stored-start';
import '../src/domain/untold';
import '../src/domain/validate';
import '../src/domain/webhook-key';
import '../src/domain/webhook-sample';

// By name: a package that declares itself free of side effects is left out otherwise.
export { sha256 } from '@noble/hashes/sha2';
export { bytesToHex, utf8ToBytes } from '@noble/hashes/utils';
