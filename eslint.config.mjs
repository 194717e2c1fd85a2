/** `npm test -- "js lint"`. Formatting is prettier's, and what is unused in TypeScript is tsc's too. */
import tseslint from "typescript-eslint";

const TYPED = ["src/js/**/*.ts", "www/*/*.ts", "www/console/src/**/*.{ts,tsx}"];

export default tseslint.config(
  {
    ignores: [
      ...["build/", "dist/", "target/", "**/*.d.ts", "www/console/vite.config.ts"],
      // What users write, as their own tools check it.
      ...["examples/", "tests/tools/", "tests/types/consumer/"],
    ],
  },
  {
    files: ["**/*.{ts,tsx,mjs}"],
    extends: [tseslint.configs.strict],
    rules: {
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_" },
      ],
      // A header or a variable whose name is computed is deleted on purpose.
      "@typescript-eslint/no-dynamic-delete": "off",
    },
  },
  {
    files: ["tests/**/*.mjs"],
    rules: {
      // Objects that stand for a platform's wrap it from within.
      "@typescript-eslint/no-this-alias": "off",
      // The package is there where it is installed, and not where this repository is checked.
      "@typescript-eslint/ban-ts-comment": "off",
    },
  },
  {
    files: TYPED,
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ["src/js/tsconfig.json", "www/console/tsconfig.json", "www/worker/tsconfig.json"],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      "@typescript-eslint/no-confusing-void-expression": [
        "error",
        { ignoreArrowShorthand: true, ignoreVoidOperator: true },
      ],
      "@typescript-eslint/no-meaningless-void-operator": "off",
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true, allowBoolean: true },
      ],
      // What foreign code has thrown, or says is the reason, is passed on as it is.
      "@typescript-eslint/only-throw-error": [
        "error",
        { allowThrowingAny: true, allowThrowingUnknown: true },
      ],
      "@typescript-eslint/prefer-promise-reject-errors": [
        "error",
        { allowThrowingAny: true, allowThrowingUnknown: true },
      ],
      // In public declarations, where the types of any host or library have to fit. What is read of
      // such a value has to be checked all the same: the rules on unsafe uses are on.
      "@typescript-eslint/no-explicit-any": "off",
      // They take callers at their word, who may pass anything, and what a callback changes for
      // constant.
      "@typescript-eslint/no-unnecessary-condition": "off",
      "@typescript-eslint/no-unnecessary-type-conversion": "off",
      // `async` makes a rejection of what is thrown, where an interface asks for a promise.
      "@typescript-eslint/require-await": "off",
    },
  },
  {
    files: ["src/js/**/*.ts"],
    rules: {
      // What comes from the wasm, a host, a table or a caller is typed where it enters, or read by guards.
      "@typescript-eslint/no-unsafe-type-assertion": "error",
    },
  },
  {
    files: ["www/console/**/*.tsx"],
    rules: {
      // The functions among a component's props: none of them reads `this`.
      "@typescript-eslint/unbound-method": "off",
    },
  },
);
