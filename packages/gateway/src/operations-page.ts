import { isRecord, type JsonSchema } from '@holon/contract'

const methods: ReadonlySet<string> = new Set(['get', 'put', 'post', 'delete', 'patch'])

/** The operations of an OpenAPI document as a page that needs nothing, and what to install to be able to try them. */
export function operationsPage(document: JsonSchema, packageName: string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${escaped(titleOf(document))}</title>
  </head>
  <body>
    <h1>${escaped(titleOf(document))}</h1>
    <table>
${operationsOf(document).map(rowOf).join('\n')}
    </table>
    <p>All about them is in <a href="/openapi.json">openapi.json</a>. To try them on this page: <code>npm install ${packageName}</code></p>
  </body>
</html>
`
}

export function titleOf({ info }: JsonSchema): string {
  return isRecord(info) ? String(info['title']) : ''
}

export function escaped(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}

type Row = readonly [method: string, path: string, summary: string]

function operationsOf({ paths }: JsonSchema): readonly Row[] {
  return entries(paths).flatMap(([path, item]) =>
    entries(item)
      .filter(([method]) => methods.has(method))
      .map(([method, operation]): Row => [method.toUpperCase(), path, summaryOf(operation)]),
  )
}

function summaryOf(operation: unknown): string {
  if (!isRecord(operation)) return ''
  const { summary, operationId } = operation
  return typeof summary === 'string' ? summary : typeof operationId === 'string' ? operationId : ''
}

function rowOf(row: Row): string {
  return `      <tr>${row.map((text) => `<td>${escaped(text)}</td>`).join('')}</tr>`
}

function entries(value: unknown): readonly (readonly [string, unknown])[] {
  return isRecord(value) ? Object.entries(value) : []
}
