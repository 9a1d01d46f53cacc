/**
 * Mistakes in a definition (contract, service, app, configuration), gathered so that one run shows all of them. Each
 * line names the place and the remedy.
 */
export class DefinitionError extends Error {
  override readonly name: string = 'DefinitionError'
  readonly problems: readonly string[]

  constructor(subject: string, problems: readonly string[]) {
    const count = problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`
    super(`${subject} has ${count}:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
    this.problems = problems
  }
}
