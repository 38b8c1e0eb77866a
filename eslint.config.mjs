import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const namedExportsOnly = {
  selector: 'ExportDefaultDeclaration',
  message: 'Export by name: a name is found by search and survives a rename.',
};

/** Our plugin loads these modules once for all workflows of a worker: what one kept there, the others would find. */
const statelessModules = [
  'Program > VariableDeclaration',
  'Program > ExportNamedDeclaration > VariableDeclaration',
].flatMap((declaration) =>
  [
    `${declaration}[kind='let']`,
    `${declaration} > VariableDeclarator > NewExpression[callee.name=/^(Weak)?(Map|Set)$/]`,
  ].map((selector) => ({ selector, message: 'All workflows of a worker share this module: it must keep nothing.' })),
);

export default defineConfig(
  globalIgnores(['lib/', 'coverage/', '.data/', '.stryker/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: ['**/*.cjs'],
    languageOptions: {
      sourceType: 'commonjs',
      globals: { module: 'readonly', process: 'readonly', require: 'readonly' },
    },
  },
  {
    files: ['{src,workflows,activities,test}/**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      // Each file is judged under the tsconfig.json nearest to it, as `npm run check` does.
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'max-lines': ['error', 300],
      'no-restricted-syntax': ['error', namedExportsOnly],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/dot-notation': ['error', { allowIndexSignaturePropertyAccess: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    files: ['{workflows,src/domain}/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', namedExportsOnly, ...statelessModules] },
  },
  {
    files: ['{src,workflows,activities}/**/*.ts'],
    ignores: ['src/cli/**'],
    rules: { 'no-console': 'error' },
  },
  {
    // A module that ALGORITHMS names has a default export: that is how a worker finds its algorithms.
    files: ['src/examples/**/*.ts', 'test/support/algorithms/**/*.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // chai: expect(x).to.be.true
      '@typescript-eslint/no-unused-expressions': 'off',
    },
  },
);
