/** The most of an error that a result, a failure or a log keeps, in UTF-16 units. */
export const MAX_ERROR = 4_000;
/** The most of an error that one of up to a thousand tasks of a progress event has. */
export const MAX_TASK_ERROR = 300;

/**
 * A text that can travel anywhere: at most `max` units long, and with no half of a character, which protobuf refuses. An
 * algorithm's message that was cut within an emoji has one.
 */
export function toText(text: string, max: number): string {
  const cut = text.length > max ? `${text.slice(0, max)}…` : text;
  return cut.replaceAll(/\p{Surrogate}/gu, '\ufffd');
}
