/** What people have done to a job since it was started: the job keeps it, so that it lasts as long as its record. */
/** One thing that was done. */
export interface JobAction {
  /** Milliseconds since 1970, UTC. */
  readonly at: number;
  /** What was done; that it was started is not among them. */
  readonly action: 'pause' | 'resume' | 'stop';
  /** Only of a stop. */
  readonly reason?: string;
}

/** A job that is paused and resumed for ever keeps the last of it. */
const MOST = 100;

export function noteAction(actions: JobAction[], action: JobAction): void {
  actions.push(action);
  if (actions.length > MOST) actions.splice(0, actions.length - MOST);
}
