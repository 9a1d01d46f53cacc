/**
 * A source of what stores connect to: an environment, a folder of files, a database server. Its owner tries several, in
 * order; see {@link provideFrom}.
 */
export interface Provider {
  /**
   * What the store of `service` connects to: a URL, or a path. `kind` says what store that is (`postgres`, `sqlite`, or that
   * of a store of the user's own). Undefined: this source has none for it, so another one is asked. Rejects where it should
   * have one and fails.
   */
  provide(service: string, kind: string): Promise<string | undefined>
}

/** `ORDERS_DATABASE_URL` for `orders`. */
export function databaseVariable(service: string): string {
  return `${service.toUpperCase().replaceAll('-', '_')}_DATABASE_URL`
}

/** The kind of store that is a file on this machine, which no variable names. */
export const fileKind = 'sqlite'

/** The URLs of databases in environment variables, for every kind of store but files. */
export function environmentProvider(environment: () => Readonly<Record<string, string | undefined>>): Provider {
  return {
    async provide(service, kind) {
      const url = kind === fileKind ? undefined : environment()[databaseVariable(service)]
      return url === '' ? undefined : url
    },
  }
}

/** Asks one provider after the other. @throws Error naming the variable to set if none has something for the store. */
export async function provideFrom(providers: readonly Provider[], service: string, kind: string): Promise<string> {
  for (const provider of providers) {
    const connection = await provider.provide(service, kind)
    if (connection !== undefined) return connection
  }
  throw new MissingDatabase(service, kind)
}

/** Nothing says where a store is. */
export class MissingDatabase extends Error {
  override readonly name: string = 'MissingDatabase'

  constructor(service: string, kind: string) {
    super(`${databaseVariable(service)} is not set; it must be the URL of the database (${kind}) of '${service}'.`)
  }
}
