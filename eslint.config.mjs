/** `npm test -- "js lint"`. Prettier checks the format, and tsc also finds unused TypeScript. */
import tseslint from "typescript-eslint";

const TYPED = ["src/js/**/*.ts", "www/*/*.ts", "www/console/src/**/*.{ts,tsx}"];

export default tseslint.config(
  {
    ignores: [
      ...["build/", "dist/", "target/", "**/*.d.ts", "www/console/vite.config.ts"],
      // Users' code, which their own tools check.
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
      // Objects that replace a platform's object keep a reference to it.
      "@typescript-eslint/no-this-alias": "off",
      // The package is installed where the tests run, but not where this repository is checked.
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
      // Thrown values and abort reasons of foreign code are passed on unchanged.
      "@typescript-eslint/only-throw-error": [
        "error",
        { allowThrowingAny: true, allowThrowingUnknown: true },
      ],
      "@typescript-eslint/prefer-promise-reject-errors": [
        "error",
        { allowThrowingAny: true, allowThrowingUnknown: true },
      ],
      // For public declarations, which the types of any host or library must fit. Values read from
      // them must still be checked: the rules on unsafe uses are on.
      "@typescript-eslint/no-explicit-any": "off",
      // These rules trust the types of callers, who may pass anything, and assume that callbacks
      // change nothing.
      "@typescript-eslint/no-unnecessary-condition": "off",
      "@typescript-eslint/no-unnecessary-type-conversion": "off",
      // `async` turns a thrown error into a rejection if an interface requires a promise.
      "@typescript-eslint/require-await": "off",
    },
  },
  {
    files: ["src/js/**/*.ts"],
    rules: {
      // Values from the wasm, a host, a table or a caller are typed where they enter, or read by guards.
      "@typescript-eslint/no-unsafe-type-assertion": "error",
    },
  },
  {
    files: ["src/js/worker/**/*.ts"],
    rules: {
      "no-restricted-imports": ["error", { patterns: ["**/worker-client/*"] }],
    },
  },
  {
    files: ["www/console/**/*.tsx"],
    rules: {
      // Functions in a component's props do not use `this`.
      "@typescript-eslint/unbound-method": "off",
    },
  },
);
