/** A setting (an option, an environment variable) that cannot be. The message names it, its value and what it may be. */
export class SettingFailure extends Error {
  override readonly name: string = 'SettingFailure'
}

/** An app that cannot be loaded, or not run like this. The message says what is wrong and what to do. */
export class AppFailure extends Error {
  override readonly name: string = 'AppFailure'
}
