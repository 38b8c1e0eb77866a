import type { NodePlan } from './domain/graph';
import type { Pipeline } from './domain/pipeline';

/** A pipeline that `PipelineClient.check` has found good, which its `start` does not check once more. */
export class CheckedPipeline {
  /** @param plans of its nodes */
  constructor(
    readonly pipeline: Pipeline,
    readonly plans: NodePlan[],
  ) {}
}
