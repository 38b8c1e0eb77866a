/** What a promise is rejected with; one that is fulfilled fails the test. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  let answer: unknown;
  try {
    answer = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`was fulfilled: ${JSON.stringify(answer)}`);
}
