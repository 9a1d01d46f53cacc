import { writeOperation } from './add-operation.ts'
import { createService } from './add-service.ts'
import { addTest } from './add-test.ts'
import { addImport, importPath } from './code/imports.ts'
import { insertMember } from './code/list.ts'
import { asName, asObject, membersOf, propertiesOf } from './code/literals.ts'
import type { Source } from './code/source.ts'
import type { Project } from './project.ts'
import { contractOptions, findService, type ServiceFiles, serviceOptions } from './service-files.ts'
import type { OperationText } from './texts/service-texts.ts'
import type { TestText } from './texts/test-texts.ts'

export interface WantedBff {
  readonly name: string
  readonly uses: readonly string[]
}

/** A part of the page: what a used service answers to a query that asks for nothing. */
interface Part {
  readonly contract: string
  readonly query: string
}

/**
 * A backend-for-frontend: a service that calls others, with one query for a whole page. Of each used service that has a query
 * without input, the page has the answer.
 */
export function addBff(project: Project, config: string, { name, uses }: WantedBff): void {
  const used = uses.map((each) => findService(project, config, each))
  const service = createService(project, config, name)
  const parts = used.flatMap((each) => partOf(project, each))
  project.edit(service.contractPath, (source) =>
    imports(
      source,
      used.filter(({ contractName }) => parts.some(({ contract }) => contract === contractName)),
      service.contractPath,
    ),
  )
  project.edit(service.servicePath, (source) => {
    const imported = imports(source, used, service.servicePath)
    const names = used.map(({ contractName }) => contractName).toSorted()
    return insertMember(imported, membersOf(serviceOptions(imported)), {
      member: `uses: { ${names.join(', ')} }`,
      index: 0,
    })
  })
  const operation: OperationText = {
    service: name,
    contract: service.contractName,
    name: 'home',
    kind: 'query',
    route: `GET /${name}`,
    fields: [],
    auth: undefined,
  }
  writeOperation(project, config, {
    service,
    operation,
    handler: handler(parts, name),
    text: contractMember(parts, name),
  })
  const own = [{ name: service.contractName, path: service.contractPath }]
  addTest(project, config, { service, about: 'home', text: test(service, parts), uses: own })
}

function imports(source: Source, services: readonly ServiceFiles[], path: string): Source {
  return services.reduce(
    (edited, { contractName, contractPath }) =>
      addImport(edited, { name: contractName, from: importPath(path, contractPath) }).source,
    source,
  )
}

function partOf(project: Project, { contractPath, contractName }: ServiceFiles): readonly Part[] {
  const operations = asObject(propertiesOf(contractOptions(project.read(contractPath))).get('operations')?.value)
  for (const [query, { value }] of operations === undefined ? [] : propertiesOf(operations)) {
    if (value.type !== 'CallExpression' || asName(value.callee) !== 'query') continue
    const options = asObject(value.arguments[0])
    const has = options && propertiesOf(options)
    if (has?.has('output') === true && !has.has('input')) return [{ contract: contractName, query }]
  }
  return []
}

function contractMember(parts: readonly Part[], name: string): string {
  const output = parts
    .map(({ contract, query }) => `    ${contract}: ${contract}.operations.${query}.definition.output,\n`)
    .join('')
  const schema = parts.length === 0 ? 'z.object({ message: z.string() })' : `z.object({\n${output}  })`
  return `home: query({\n  http: 'GET /${name}',\n  output: ${schema},\n})`
}

function handler(parts: readonly Part[], name: string): string {
  if (parts.length === 0) return `home: () => ({ message: '${name}.home' })`
  const calls = parts.map(({ contract, query }) => `ctx.${contract}.${query}()`)
  const [first] = parts
  if (first !== undefined && parts.length === 1)
    return `home: async (_input, ctx) => ({ ${first.contract}: await ${calls.join('')} })`
  const names = parts.map(({ contract }) => contract).join(', ')
  return `async home(_input, ctx) {\n  const [${names}] = await Promise.all([${calls.join(', ')}])\n  return { ${names} }\n}`
}

function test({ name, contractName }: ServiceFiles, parts: readonly Part[]): TestText {
  const keys = parts.length === 0 ? ['message'] : parts.map(({ contract }) => contract)
  const expected = `[${keys.map((key) => `'${key}'`).join(', ')}]`
  const line = `assert.deepEqual(Object.keys(await app.client(${contractName}).home()), ${expected})`
  // With those that it calls, and whom these call.
  return { title: `${name}.home gathers the page`, only: undefined, lines: [line] }
}
