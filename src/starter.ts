/** Starts jobs by documents and by stored names: what the facade, schedules and triggers have in common. */
import type { JobHandle, JobType, PipelineClient, StartedJob, StartOptions, Written } from './client';
import { PipelineError } from './domain/errors';
import { inlinePipelines, refuseCircle, subPipelinesOf } from './domain/inline-pipelines';
import { isJsonArray, isJsonObject, type Json } from './domain/json';
import { runFrom } from './domain/later-run';
import { DEFAULTS, type Pipeline } from './domain/pipeline';
import { mergeStoredRun } from './domain/stored-run';
import type { Stored } from './store/store';

export interface StarterOptions {
  readonly pipelines: PipelineClient;
  /** What may be started by its name. */
  readonly stored: { get(name: string): Promise<Pick<Stored<Pipeline>, 'definition'> | undefined> };
  /**
   * Finds where the algorithms of a pipeline are run.
   *
   * @returns what the start of the job is told of it
   * @throws PipelineError `NotFound`, `algorithm X Not Found`
   */
  readonly resolve: (pipeline: Pipeline) => Promise<StartOptions>;
  /** @throws PipelineError where a pipeline that the engine would run is refused all the same. Default: none is. */
  readonly check?: (pipeline: Pipeline) => void;
  /** Whether there is an experiment of this name; not asked for `main`, which there always is. Default: there is any. */
  readonly hasExperiment?: (name: string) => Promise<boolean>;
}

export class Starter {
  constructor(private readonly options: StarterOptions) {}

  /**
   * Nodes that stand for stored pipelines are replaced by those pipelines' own.
   *
   * @param document anything that was parsed from JSON
   * @throws PipelineError as `PipelineClient.start` does, and `NotFound` where an algorithm, a pipeline or the experiment is unknown
   */
  async start(document: unknown, given: StartOptions = {}): Promise<JobHandle> {
    const { pipelines, resolve, check } = this.options;
    const request = given.request ?? (hasSubPipelines(document) ? document : undefined);
    // Of a stored pipeline it was looked for already.
    const before = given.request === undefined && (await this.startedBefore(document, request, given));
    if (before) return before;
    const { runs, written } = await this.inline(document);
    const checked = pipelines.check(runs, given.reuse);
    const { pipeline } = checked;
    const resolved = await resolve(pipeline);
    check?.(pipeline);
    await this.requireExperiment(pipeline);
    return await pipelines.start(checked, {
      ...resolved,
      ...(written !== undefined && { written }),
      ...(request !== undefined && { request }),
      ...given,
    });
  }

  /** By the same key and request, as long as what the job is made of may have changed since. */
  private async startedBefore(
    document: unknown,
    request: unknown,
    { idempotencyKey }: StartOptions,
  ): Promise<JobHandle | undefined> {
    const name = isJsonObject(document) ? document['name'] : undefined;
    if (idempotencyKey === undefined || request === undefined || typeof name !== 'string') return undefined;
    return await this.options.pipelines.findStarted(name, idempotencyKey, request);
  }

  /**
   * The same of a stored pipeline, with what `request` has merged over it.
   *
   * @param extend what is merged besides, where that depends on what is stored
   * @throws PipelineError `NotFound`, `pipeline X Not Found`
   */
  async startStored(
    request: { readonly name: string },
    given: StartOptions = {},
    extend: (stored: Pipeline) => object = () => ({}),
  ): Promise<JobHandle> {
    const before = await this.startedBefore(request, given.request, given);
    if (before !== undefined) return before;
    const definition = await this.definition(request.name);
    return await this.start(mergeStoredRun(definition, { ...request, ...extend(definition) }), given);
  }

  /**
   * The pipeline of an earlier job once more, as its caller wrote it.
   *
   * @param earlier what that job was started with
   */
  async rerun(
    jobId: string,
    { userPipeline, types, outside }: StartedJob,
    given: StartOptions = {},
  ): Promise<JobHandle> {
    const reuse = outside.length > 0 && { reuse: { jobId, nodes: outside } };
    return await this.start(userPipeline, { types: withType(types, 'rerun'), ...reuse, ...given });
  }

  /**
   * A node of an earlier job and all that come after it, as a job of their own: what they read of the other nodes is what the
   * earlier job has put out.
   *
   * @param earlier what that job was started with
   * @throws PipelineError `WrongState` where that job lacks some of the outputs
   */
  async startFrom(
    { jobId, nodeName }: { readonly jobId: string; readonly nodeName: string },
    earlier: StartedJob,
    given: StartOptions = {},
  ): Promise<JobHandle> {
    const { pipeline, outside } = runFrom(earlier.pipeline, nodeName, earlier.outside);
    return await this.start(pipeline, {
      types: withType(earlier.types, 'node'),
      origin: { parentJobId: jobId, rootJobId: earlier.rootJobId ?? jobId },
      ...(outside.length > 0 && { reuse: { jobId, nodes: outside } }),
      ...given,
    });
  }

  /**
   * Checks a pipeline that is to be stored: what it reads of its flow input may come when it is started, and so may the
   * pipelines that its nodes stand for; those that are there must not contain it.
   *
   * @throws PipelineError
   */
  async checkDefinition(document: unknown): Promise<Pipeline> {
    const { pipelines, resolve, check } = this.options;
    const pipeline = pipelines.parseDefinition(document);
    check?.(pipeline);
    const known = new Map([[pipeline.name, pipeline]]);
    await this.closureOf(pipeline, known);
    refuseCircle(pipeline, known);
    await resolve(pipeline);
    await this.requireExperiment(pipeline);
    return pipeline;
  }

  private async inline(document: unknown): Promise<{ readonly runs: unknown; readonly written?: Written }> {
    if (!hasSubPipelines(document)) return { runs: document };
    const pipeline = this.options.pipelines.parseDefinition(document);
    const known = new Map<string, Pipeline>();
    for (const name of await this.closureOf(pipeline, known)) {
      throw new PipelineError('NotFound', `pipeline ${name} Not Found`);
    }
    const { nodes, edges } = pipeline;
    return { runs: inlinePipelines(pipeline, lookUp(known)), written: { nodes, ...(edges && { edges }) } };
  }

  /**
   * Reads the stored pipelines that nodes stand for, and those that they have themselves.
   *
   * @param known is told of them
   * @returns the names of those that are not there
   */
  private async closureOf(pipeline: Pipeline, known: Map<string, Pipeline>): Promise<string[]> {
    const missing: string[] = [];
    const wanted = new Set(subPipelinesOf(pipeline));
    // A set goes on with what is added to it meanwhile.
    for (const name of wanted) {
      if (known.has(name)) continue;
      const stored = await this.options.stored.get(name);
      if (stored === undefined) missing.push(name);
      else {
        known.set(name, stored.definition);
        for (const inner of subPipelinesOf(stored.definition)) wanted.add(inner);
      }
    }
    return missing;
  }

  private async definition(name: string): Promise<Pipeline> {
    const stored = await this.options.stored.get(name);
    if (stored === undefined) throw new PipelineError('NotFound', `pipeline ${name} Not Found`);
    return stored.definition;
  }

  private async requireExperiment({ experimentName = DEFAULTS.experimentName }: Pipeline): Promise<void> {
    if (experimentName === DEFAULTS.experimentName) return;
    if ((await this.options.hasExperiment?.(experimentName)) === false) {
      throw new PipelineError('NotFound', `experiment ${experimentName} Not Found`);
    }
  }
}

/** Of a document that nobody has checked yet. */
function hasSubPipelines(document: unknown): boolean {
  const nodes: Json | undefined = isJsonObject(document) ? document['nodes'] : undefined;
  return isJsonArray(nodes) && nodes.some((node) => isJsonObject(node) && node['kind'] === 'pipeline');
}

function lookUp(known: ReadonlyMap<string, Pipeline>): (name: string) => Pipeline {
  return (name) => {
    const found = known.get(name);
    if (found === undefined) throw new PipelineError('NotFound', `pipeline ${name} Not Found`);
    return found;
  };
}

function withType(types: readonly string[], type: JobType): JobType[] {
  return [...new Set([...(types as readonly JobType[]), type])];
}
