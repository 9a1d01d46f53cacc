/** Something cannot start; `problems` names all of it. */
export class StartFailure extends Error {
  override readonly name: string = 'StartFailure'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.problems = problems
  }
}
