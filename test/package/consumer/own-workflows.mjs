// Inside the sandbox: a team's own workflow beside ours.
export * from 'temporal-pipelines/workflows';

export async function greet(name) {
  return `hello, ${name}`;
}
