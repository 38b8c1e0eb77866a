import { expand, type Expansion } from './batch';
import type { SingleValue } from './input/resolve';
import { outputOf, type Job, type NodeState } from './job';
import { StoredLine } from './stored';

function flowInputOf({ pipeline, settings }: Job): SingleValue {
  if (settings.flowInput === undefined) return { kind: 'single', value: pipeline.flowInput ?? null };
  const { blob, elements } = settings.flowInput;
  return { kind: 'single', value: new StoredLine(blob), stored: elements };
}

/** What a node's tasks get, with what its parents have answered so far. */
export function expandNode(job: Job, node: NodeState): Expansion {
  const parentOf = (nodeName: string): NodeState | undefined => {
    return node.parents.find(({ plan }) => plan.nodeName === nodeName);
  };
  return expand(node.plan, {
    flowInput: flowInputOf(job),
    output: (nodeName) => {
      const found = parentOf(nodeName);
      return found === undefined ? { kind: 'single', value: null } : outputOf(found);
    },
    items: (nodeName) => {
      const found = parentOf(nodeName);
      return { length: found?.width ?? 0, at: (index) => found?.outcomes.valueAt(index) };
    },
  });
}
