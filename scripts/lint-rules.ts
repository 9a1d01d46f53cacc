import type { OxlintOverride } from 'oxlint'

type Rules = NonNullable<OxlintOverride['rules']>

export const testFiles: string[] = ['**/*.test.ts', '**/*.test.tsx', '**/*.test-d.ts', 'tests/**', '**/fixtures/**']
export const sourceFiles: string[] = ['packages/*/src/**/*.ts', 'packages/*/src/**/*.tsx']
export const browserFiles: string[] = ['packages/dashboard/**', 'examples/*/storefront/**']
/** Programs of their own, for which the console is the interface. */
export const toolFiles: string[] = ['scripts/**', 'bench/**', '*.config.ts', '**/vite.config.ts', 'examples/**/dev/**']

/** What drives a benchmark's peers. Their types are there only once bench's own dependencies are installed. */
export const peerFiles: string[] = ['bench/*/peers/**']

/** Scripts of a page that are served as they are: JavaScript, so without types. */
export const pageFiles: string[] = ['examples/*/public/**']

/** The aims are 200 lines a file, 40 a function and 3 parameters; these are the walls behind them. */
const sizeRules: Rules = {
  'max-lines': ['error', { max: 300, skipBlankLines: false, skipComments: false }],
  'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
  'max-params': ['error', { max: 4 }],
  'max-depth': ['error', { max: 4 }],
  complexity: ['error', { max: 16 }],
}

const typeRules: Rules = {
  'typescript/no-explicit-any': 'error',
  'typescript/no-floating-promises': [
    'error',
    // Node's own runner waits for what its `test` returns.
    { checkThenables: true, allowForKnownSafeCalls: [{ from: 'package', name: 'test', package: 'node:test' }] },
  ],
  'typescript/no-misused-promises': 'error',
  'typescript/await-thenable': 'error',
  'typescript/return-await': ['error', 'error-handling-correctness-only'],
  'typescript/only-throw-error': 'error',
  'typescript/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
  'typescript/no-unsafe-argument': 'error',
  'typescript/no-unsafe-call': 'error',
  'typescript/no-unsafe-member-access': 'error',
  'typescript/no-unsafe-return': 'error',
  'typescript/no-deprecated': 'error',
  'typescript/no-non-null-assertion': 'error',
  'typescript/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
  'typescript/ban-ts-comment': 'error',
  'typescript/no-unnecessary-type-assertion': 'error',
  // Casts are judged in review; flagging each `as` on JSON.parse output drowns the ones that matter.
  'typescript/no-unsafe-type-assertion': 'off',
  // `Record<never, never>` is how an inferred contract says "none"; `{}` would accept anything.
  'typescript/no-generated-empty-object-type': 'off',
  // Ids, counts and flags are printed on purpose; objects and undefined are still refused.
  'typescript/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
}

const shapeRules: Rules = {
  eqeqeq: ['error', 'always', { null: 'ignore' }],
  'prefer-const': 'error',
  'no-var': 'error',
  'no-param-reassign': 'error',
  'no-else-return': 'error',
  'no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
  'import/no-cycle': 'error',
  'import/no-mutable-exports': 'error',
  'unicorn/prefer-node-protocol': 'error',
  'unicorn/filename-case': ['error', { case: 'kebabCase' }],
  // Sequential awaits are often the point (order, backpressure); the type-aware promise rules catch the mistakes.
  'no-await-in-loop': 'off',
  // A local closure beside its only use reads better than one hoisted away from it.
  'unicorn/consistent-function-scoping': 'off',
  // Shadowing by a narrower value of the same meaning is common in callbacks.
  'no-shadow': 'off',
  // Spread in a fold is a cost only on hot paths, which benchmarks find.
  'oxc/no-map-spread': 'off',
  'oxc/no-accumulating-spread': 'off',
  // A snapshot of a set that the loop changes is not useless, and a list of five words need not be a Set.
  'unicorn/no-useless-spread': 'off',
  'unicorn/prefer-set-has': 'off',
  // tsc's noImplicitReturns does this with better knowledge of the types.
  'typescript/consistent-return': 'off',
  'promise/always-return': 'off',
  // Express 5 takes what a handler's promise rejects with.
  'oxc/no-async-endpoint-handlers': 'off',
  // Writing a type argument that could be inferred is sometimes what makes the line readable.
  'typescript/no-unnecessary-type-arguments': 'off',
  'no-underscore-dangle': 'off',
  'import/no-unassigned-import': 'off',
  'import/no-named-as-default-member': 'off',
  // Plugins for Vitest's own API: a property test asserts inside fc.assert, which this rule cannot see.
  'vitest/expect-expect': 'off',
  'vitest/no-conditional-tests': 'off',
  'vitest/require-mock-type-parameters': 'off',
}

export const rules: Rules = { ...sizeRules, ...typeRules, ...shapeRules }

const platform = 'Promise I7: take the clock, timers, randomness and network from the Platform or Network passed in.'
const host = 'A library neither ends the process nor listens to it; the host (cli) does.'

const restricted = (names: readonly string[], message: string): { name: string; message: string }[] =>
  names.map((name) => ({ name, message }))

const members = (
  object: string,
  names: readonly string[],
  message: string,
): { object: string; property: string; message: string }[] => names.map((property) => ({ object, property, message }))

const timers = ['setTimeout', 'setInterval', 'setImmediate']

const platformGlobals = restricted([...timers, 'performance', 'fetch', 'WebSocket', 'EventSource'], platform)

/** Promise I7 and "a library never exits": what packages may not reach past the Platform for. */
export const packageRules: Rules = {
  'no-console': 'error',
  'unicorn/no-process-exit': 'error',
  'import/no-default-export': 'error',
  'no-restricted-globals': ['error', ...platformGlobals],
  'no-restricted-properties': [
    'error',
    ...members('Date', ['now'], platform),
    ...members('Math', ['random'], platform),
    ...members('AbortSignal', ['timeout'], platform),
    ...members('crypto', ['randomUUID', 'getRandomValues', 'randomBytes', 'randomInt'], platform),
    ...members('globalThis', [...timers, 'performance', 'fetch'], platform),
    ...members('process', ['hrtime'], platform),
    ...members('process', ['exit', 'on', 'once', 'addListener', 'abort'], host),
  ],
  'no-restricted-imports': [
    'error',
    {
      paths: [
        ...restricted(['net', 'tls', 'http', 'https', 'http2', 'dgram', 'dns', 'dns/promises'].map(node), platform),
        ...restricted(['timers', 'timers/promises', 'perf_hooks'].map(node), platform),
        {
          name: 'node:crypto',
          importNames: ['randomUUID', 'randomBytes', 'randomInt', 'getRandomValues', 'webcrypto'],
          message: platform,
        },
        { name: 'node:process', importNames: ['exit', 'hrtime'], message: host },
      ],
    },
  ],
}

function node(name: string): string {
  return `node:${name}`
}

/** What runs in a browser, too, and what of that only a build needs. */
export const portableFiles: string[] = ['packages/contract/src/**/*.ts', 'packages/client/src/**/*.ts']
export const buildFiles: string[] = ['packages/client/src/light/**']

/** What runs in a browser has nothing of Node's, be it a module or a global. */
export const portableRules: Rules = {
  'import/no-nodejs-modules': 'error',
  'no-restricted-globals': [
    'error',
    ...platformGlobals,
    ...restricted(['process', 'Buffer', '__dirname', 'require'], 'This package also runs in a browser.'),
  ],
}

export const browserRules: Rules = {
  'react/rules-of-hooks': 'error',
  'react/exhaustive-deps': 'error',
  'react/react-in-jsx-scope': 'off',
  // Safari drops the list role of a list without bullets unless it is said again.
  'jsx-a11y/no-redundant-roles': 'off',
  // `role="status"` on a paragraph is right where `<output>` would not be.
  'jsx-a11y/prefer-tag-over-role': 'off',
  'max-lines-per-function': ['error', { max: 100, skipBlankLines: true, skipComments: true }],
  // The browser is the platform there.
  'no-restricted-globals': 'off',
  'no-restricted-properties': 'off',
}

export const toolRules: Rules = { 'no-console': 'off', 'import/no-default-export': 'off', 'no-process-exit': 'off' }

/** Without the peers' types every value of theirs is of the error type; `npm run types` in bench checks them. */
export const peerRules: Rules = {
  'typescript/no-unsafe-argument': 'off',
  'typescript/no-unsafe-call': 'off',
  'typescript/no-unsafe-member-access': 'off',
  'typescript/no-unsafe-return': 'off',
  // What is needed where the peers' packages are installed looks needless where `npm ci` left them out.
  'typescript/no-unnecessary-type-assertion': 'off',
  'typescript/no-redundant-type-constituents': 'off',
  // A module of NestJS is a class without anything in it.
  'typescript/no-extraneous-class': 'off',
}

/** Nothing says what the values of a page's scripts are. */
export const pageRules: Rules = {
  'typescript/no-unsafe-argument': 'off',
  'typescript/no-unsafe-call': 'off',
  'typescript/no-unsafe-member-access': 'off',
  'typescript/no-unsafe-return': 'off',
}

/** A test may be long, run its own clock and open its own sockets; it may not float a promise. */
export const testRules: Rules = {
  'max-lines': ['error', { max: 400 }],
  'max-lines-per-function': 'off',
  'max-params': 'off',
  'no-console': 'off',
  'no-restricted-globals': 'off',
  'no-restricted-properties': 'off',
  'no-restricted-imports': 'off',
  'import/no-nodejs-modules': 'off',
  'import/no-default-export': 'off',
  'typescript/no-non-null-assertion': 'off',
  // Below a @ts-expect-error every value is of the error type.
  'typescript/no-unsafe-call': 'off',
  'typescript/no-unsafe-argument': 'off',
  'typescript/no-unsafe-member-access': 'off',
  'typescript/no-unsafe-return': 'off',
  // `expect(service.method)` and comparing functions by identity are what tests of interfaces do.
  'typescript/unbound-method': 'off',
}
