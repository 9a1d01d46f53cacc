type Environment = Readonly<Record<string, string | undefined>>

/**
 * What `holon` is called by in the terminal of whoever runs this: through the package manager that has started it, where one
 * has, since `holon` alone is then not in their PATH.
 */
export function ownName({ npm_config_user_agent: agent = '' }: Environment): string {
  if (agent.startsWith('pnpm/')) return 'pnpm exec holon'
  if (agent.startsWith('yarn/')) return 'yarn holon'
  return agent.startsWith('npm/') ? 'npx holon' : 'holon'
}
