/** Starts jobs by documents and by stored names: what the facade, schedules and triggers have in common. */
import type { JobHandle, PipelineClient, StartOptions } from './client';
import { PipelineError } from './domain/errors';
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
   * @param document anything that was parsed from JSON
   * @throws PipelineError as `PipelineClient.start` does, and `NotFound` where an algorithm or the experiment is unknown
   */
  async start(document: unknown, given: StartOptions = {}): Promise<JobHandle> {
    const { pipelines, resolve, check } = this.options;
    const pipeline = pipelines.parse(document);
    const resolved = await resolve(pipeline);
    check?.(pipeline);
    await this.requireExperiment(pipeline);
    return await pipelines.start(pipeline, { ...resolved, ...given });
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
    const stored = await this.options.stored.get(request.name);
    if (stored === undefined) throw new PipelineError('NotFound', `pipeline ${request.name} Not Found`);
    const { definition } = stored;
    return await this.start(mergeStoredRun(definition, { ...request, ...extend(definition) }), given);
  }

  /**
   * Checks a pipeline that is to be stored: what it reads of its flow input may come when it is started.
   *
   * @throws PipelineError
   */
  async checkDefinition(document: unknown): Promise<Pipeline> {
    const { pipelines, resolve, check } = this.options;
    const pipeline = pipelines.parseDefinition(document);
    check?.(pipeline);
    await resolve(pipeline);
    await this.requireExperiment(pipeline);
    return pipeline;
  }

  private async requireExperiment({ experimentName = DEFAULTS.experimentName }: Pipeline): Promise<void> {
    if (experimentName === DEFAULTS.experimentName) return;
    if ((await this.options.hasExperiment?.(experimentName)) === false) {
      throw new PipelineError('NotFound', `experiment ${experimentName} Not Found`);
    }
  }
}
