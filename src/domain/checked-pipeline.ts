import type { NodePlan } from './graph';
import type { Pipeline } from './pipeline';

/** A pipeline that `PipelineClient.check` has found good, which its `start` does not check once more. */
export class CheckedPipeline {
  constructor(
    /** As it was sent. */
    readonly pipeline: Pipeline,
    /** Of its nodes, in its order. */
    readonly plans: NodePlan[],
  ) {}
}
