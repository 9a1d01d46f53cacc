/** Where the `type` URIs of problem documents (RFC 9457) begin. They are names, stable across versions. */
export const problemTypes = 'https://holon.dev/problems/'

/** The `type` of a problem with a code, or of one that only the HTTP edge knows (`body_too_large`). */
export function problemType(name: string): string {
  return problemTypes + name
}

/** The `type` of a failure that an operation declares. */
export function failureProblemType(
  operation: { readonly service: string; readonly name: string },
  failure: string,
): string {
  return `${problemTypes}${operation.service}/${operation.name}/${failure}`
}
