/** Answers a text of so many characters. */
export default {
  text: ({ input: [length] }: { readonly input: readonly unknown[] }): string => 'x'.repeat(Number(length)),
};
