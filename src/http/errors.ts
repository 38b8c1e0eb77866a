/** The only place that knows HTTP statuses: errors become HKube's body `{ error: { code, message, details? } }`. */
import type { Middleware } from 'koa';
import type { Logger } from 'pino';
import { PipelineError, type PipelineErrorCode } from '../domain/errors';

const STATUS: Record<PipelineErrorCode, number> = {
  InvalidPipeline: 400,
  NotFound: 404,
  WrongState: 400,
  LimitReached: 400,
  Conflict: 409,
  Unavailable: 503,
};

function errorBody(code: number, message: string, details?: readonly string[]): object {
  return { error: { code, message, ...(details !== undefined && details.length > 0 && { details }) } };
}

/** Answers whatever the routes throw; what nobody foresaw is logged and is a 500 that tells nothing of the inside. */
export function answerErrors(log: Logger): Middleware {
  return async (ctx, next) => {
    try {
      await next();
      if (ctx.status === 405) {
        ctx.body = errorBody(405, 'Method Not Allowed');
        // Setting a body makes it 200.
        ctx.status = 405;
      } else if (ctx.status === 404 && ctx.body === undefined) {
        ctx.body = errorBody(404, `${ctx.method} ${ctx.path} Not Found`);
        ctx.status = 404;
      }
    } catch (error) {
      const { code, message, details } = toAnswer(error);
      if (code >= 500) log.error({ err: error, method: ctx.method, path: ctx.path }, 'request failed');
      ctx.status = code;
      ctx.body = errorBody(code, message, details);
    }
  };
}

/** What is answered where this is thrown. */
export function toAnswer(error: unknown): { code: number; message: string; details?: readonly string[] } {
  if (error instanceof PipelineError) {
    const answer = { code: STATUS[error.code], message: error.message };
    return error.details === undefined ? answer : { ...answer, details: error.details };
  }
  if (isExposed(error)) return { code: error.status, message: error.message };
  if (isTemporalAway(error)) return { code: 503, message: 'the Temporal server does not answer' };
  return { code: 500, message: 'internal error' };
}

/** What Koa and its body parser throw for a client's mistake. */
function isExposed(error: unknown): error is Error & { status: number } {
  return error instanceof Error && 'status' in error && typeof error.status === 'number' && error.status < 500;
}

/** gRPC's UNAVAILABLE, DEADLINE_EXCEEDED and CANCELLED, by their numbers: this folder knows no Temporal. */
function isTemporalAway(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && [14, 4, 1].includes(Number(cause.code))) return true;
  }
  return false;
}
