import { dirname, join, resolve } from 'node:path'

/** What {@link dataFolderOf} looks at. */
export interface DataFolderOptions {
  /** The working directory. */
  readonly folder: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** What was chosen: it goes before everything else. */
  readonly chosen: string | undefined
  /** Path of the app's configuration. */
  readonly config: string
}

/** Where an app's data is: the folder that was chosen, else HOLON_DATA, else `.holon` beside its configuration. */
export function dataFolderOf({ folder, environment, chosen, config }: DataFolderOptions): string {
  return resolve(folder, chosen ?? environment['HOLON_DATA'] ?? join(dirname(config), '.holon'))
}
