/** What a node's retry policy says of a failed run (contract §6). */
import type { RetryPolicyName } from './pipeline';

/** Whether the policy has items run again that failed so; how often, its limit says. */
export function repeats({ policy }: { readonly policy: RetryPolicyName }, cause: 'error' | 'crash'): boolean {
  return policy === 'Always' || policy === (cause === 'error' ? 'OnError' : 'OnCrash');
}
