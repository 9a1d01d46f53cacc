import { type OxlintConfig, defineConfig } from 'oxlint'

import { lintExceptions } from './scripts/exceptions.ts'
import {
  browserFiles,
  browserRules,
  buildFiles,
  pageFiles,
  pageRules,
  peerFiles,
  peerRules,
  packageRules,
  portableFiles,
  portableRules,
  rules,
  sourceFiles,
  testFiles,
  testRules,
  toolFiles,
  toolRules,
} from './scripts/lint-rules.ts'

const config: OxlintConfig = defineConfig({
  plugins: ['eslint', 'typescript', 'unicorn', 'oxc', 'import', 'promise', 'node', 'vitest'],
  options: { typeAware: true, denyWarnings: true, reportUnusedDisableDirectives: 'error' },
  categories: { correctness: 'error', suspicious: 'error', perf: 'error' },
  // The generated file's types need the benchmarks' own packages, which `npm ci` does not install.
  // The site's own configuration is checked with what its folder installs, which the root does not.
  ignorePatterns: [
    '**/dist/**',
    '**/.holon/**',
    '**/coverage/**',
    'bench/rpc/peers/catalog-pb.ts',
    'site/.vitepress/**',
  ],
  env: { node: true, es2024: true },
  rules,
  overrides: [
    { files: sourceFiles, rules: packageRules },
    { files: portableFiles, excludeFiles: [...testFiles, ...buildFiles], rules: portableRules },
    { files: browserFiles, plugins: ['react', 'jsx-a11y'], env: { browser: true }, rules: browserRules },
    { files: pageFiles, env: { browser: true }, rules: pageRules },
    { files: toolFiles, rules: toolRules },
    { files: peerFiles, rules: peerRules },
    { files: testFiles, rules: testRules },
    ...lintExceptions().map(({ rule, file }) => ({ files: [file], rules: { [rule]: 'off' as const } })),
  ],
})

export default config
