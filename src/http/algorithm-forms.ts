/** HKube's other way to send algorithms: forms whose texts are JSON, and the answer that tells what became of them. */
import type { Static } from '@sinclair/typebox';
import type { AlgorithmDefinition } from '../domain/algorithm-definition';
import { notBuilt } from '../domain/complete-algorithm';
import { invalid } from '../domain/errors';
import { isJsonObject, type JsonObject } from '../domain/json';
import type { Stored } from '../store/store';
import type { DefinitionService } from './definitions';
import type { algorithmApply, algorithmForm } from './schemas/algorithm';

type Service = DefinitionService<AlgorithmDefinition>;

export interface Applied {
  readonly algorithm: object;
  readonly messages: readonly string[];
}

/** Whether a body is of this kind and no algorithm. */
export function isAlgorithmForm(body: unknown): boolean {
  return isJsonObject(body) && body['payload'] !== undefined;
}

/** What `POST /store/algorithms` answers to one. */
export async function addByForm(service: Service, form: Static<typeof algorithmForm>, user: string): Promise<unknown> {
  const { payload } = form;
  const { allowOverwrite } = optionsOf(form);
  const add = async (text: unknown): Promise<Applied> => {
    const document = parse(String(text), 'payload');
    return await applied(service, document, () =>
      service.add(document, { user, overwrite: allowOverwrite === true || allowOverwrite === 'true' }),
    );
  };
  return typeof payload === 'string' ? await add(payload) : await service.addEach(payload, add);
}

/** What `PUT /store/algorithms` answers to one. */
export async function changeByForm(
  service: Service,
  form: Static<typeof algorithmApply>,
  user: string,
): Promise<Applied> {
  optionsOf(form);
  const document = parse(form.payload, 'payload');
  return await applied(service, document, () => service.change(document, user));
}

/** Adds what is new, and changes what is there. */
export async function applyForm(service: Service, form: Static<typeof algorithmApply>, user: string): Promise<Applied> {
  optionsOf(form);
  const document = parse(form.payload, 'payload');
  return await applied(service, document, async (isStored) =>
    isStored ? await service.change(document, user) : await service.add(document, { user, overwrite: true }),
  );
}

/** Tells by the versions before and after what was done. */
async function applied(
  service: Service,
  document: unknown,
  act: (isStored: boolean) => Promise<Stored<AlgorithmDefinition>>,
): Promise<Applied> {
  const name = isJsonObject(document) ? document['name'] : undefined;
  const before = typeof name === 'string' ? await service.of.definitions.get(name) : undefined;
  const stored = await act(before !== undefined);
  const messages =
    stored.version === before?.version
      ? []
      : [
          `a new version of algorithm ${stored.definition.name} has been created`,
          `the algorithm ${stored.definition.name} has been successfully pushed to hkube`,
        ];
  return { algorithm: service.present(stored), messages };
}

/** @throws PipelineError */
function optionsOf({ options = '', file = '' }: { readonly options?: string; readonly file?: string }): JsonObject {
  if (file !== '') throw notBuilt('uploaded code');
  const parsed = options === '' ? {} : parse(options, 'options');
  if (!isJsonObject(parsed)) throw invalid('data.options should be object');
  return parsed;
}

/** @throws PipelineError with the parser's own word */
function parse(text: string, field: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw invalid(`data.${field}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
