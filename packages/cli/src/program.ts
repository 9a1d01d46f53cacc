import { Command, Option } from 'commander'

import manifest from '../package.json' with { type: 'json' }
import { addAdd } from './add/add-program.ts'
import { addEvents } from './events/events-program.ts'
import { exitCodeMeanings } from './exit-code.ts'
import type { Host } from './host.ts'
import { ownName } from './output/own-name.ts'
import {
  config,
  data,
  type Finish,
  hostOption,
  json,
  logLevel,
  parseDuration,
  parseJson,
  parseNames,
  parseObject,
  port,
} from './program-options.ts'
import type { RunOptions } from './run/standalone-run.ts'
import type { StartOptions } from './start/start-command.ts'

/**
 * The command line: commands, options, help. What a command does is loaded only when it runs. The actions' parameters are
 * typed after the options declared above each, since commander does not tell.
 */
export function createProgram(host: Host, finish: Finish): Command {
  const program = new Command('holon')
  program
    .description('Runs microservices written in TypeScript: in one process, in many, or one group in a container.')
    .version(manifest.version)
    .exitOverride()
    .configureOutput({ writeOut: (text) => host.stdout.write(text), writeErr: (text) => host.stderr.write(text) })
    .configureHelp({ showGlobalOptions: false })
    .addHelpText('after', `\n${afterHelp()}`)
    .enablePositionalOptions()
  for (const add of [
    addDev,
    addStart,
    addRun,
    addPs,
    addCall,
    addGraph,
    addOpenApi,
    addAsyncApi,
    addEvents,
    addAdd,
    addDescribe,
  ])
    add(program, host, finish)
  pointToHelp(program, ownName(host.environment))
  return program
}

/** After a mistake, the command line that shows what there is. */
function pointToHelp(command: Command, line: string): void {
  command.showHelpAfterError(`See: ${line} --help`)
  for (const part of command.commands) pointToHelp(part, `${line} ${part.name()}`)
}

function afterHelp(): string {
  const codes = exitCodeMeanings.map(([code, meaning]) => `  ${code}  ${meaning}`).join('\n')
  return `Examples:
  holon dev                                     everything in one process, restarted when a file changes
  holon dev --split                             every service in a process of its own
  holon ps                                      what runs, where, since when
  holon call orders.get '{"id":"o1"}'           calls an operation of a running service

Exit codes:
${codes}

Environment:
  PORT              port of the gateway; --port goes before it
  HOLON_ADMIN_PORT  port of the status page (default 8090; 0: any free port)
  HOLON_DATA        folder of databases and of what belongs to a run; --data goes before it
  HOLON_LOG_LEVEL   debug, info, warn, error or silent (default info); --log-level goes before it
  <SERVICE>_DATABASE_URL  database of a service, instead of the embedded Postgres: ORDERS_DATABASE_URL
  NO_COLOR          no colours
`
}

function addStartOptions(command: Command): Command {
  return command
    .addOption(config())
    .option('--split', 'every service, and the gateway, in a process of its own')
    .addOption(
      new Option(
        '--placement <json>',
        `which services share a process: '{"checkout":["orders","payments"],"rest":"*"}'`,
      )
        .argParser(parseJson)
        .conflicts('split'),
    )
    .option('--tcp', 'processes reach each other over TCP on this machine instead of Unix sockets')
    .addOption(port())
    .addOption(hostOption().default('127.0.0.1'))
    .addOption(data())
    .addOption(logLevel())
    .addOption(json('logs and what happens as JSON, one object a line'))
}

function addDev(program: Command, host: Host, finish: Finish): void {
  addStartOptions(program.command('dev'))
    .summary('runs the app for development')
    .description(
      'Runs the app for development: like start, and what a changed file concerns is restarted, and variables are read from .env beside the configuration, also PORT and HOLON_LOG_LEVEL (the real environment goes before it).',
    )
    .addHelpText('after', '\nExamples:\n  holon dev\n  holon dev --split --log-level debug')
    .action(async (options: StartOptions) => {
      const { startCommand } = await import('./start/start-command.ts')
      finish(await startCommand(host, options, { development: true }))
    })
}

function addStart(program: Command, host: Host, finish: Finish): void {
  addStartOptions(program.command('start'))
    .summary('runs the app')
    .description(
      'Runs the app: starts its services as the placement says, keeps them running, and stops them in order when it is told to stop (SIGTERM, Ctrl-C). A second signal ends everything at once.',
    )
    .addHelpText(
      'after',
      `\nExamples:\n  holon start --port 3000\n  holon start --placement '{"checkout":["orders","payments"],"rest":"*"}'`,
    )
    .action(async (options: StartOptions) => {
      const { startCommand } = await import('./start/start-command.ts')
      finish(await startCommand(host, options, { development: false }))
    })
}

function addRun(program: Command, host: Host, finish: Finish): void {
  program
    .command('run')
    .summary('runs one group in this process, for containers')
    .description(
      'Runs one group in this process, without a supervisor: for containers. Databases come from <SERVICE>_DATABASE_URL, the other instances from HOLON_PEERS (JSON, as GET /api/registry lists them), the secret that instances share from HOLON_LINK_SECRET.',
    )
    .addOption(config())
    .option('--group <name>', 'the group of the placement (default: the only one)')
    .addOption(
      new Option('--services <names>', 'the services to run instead of those of a group, by commas').argParser(
        parseNames,
      ),
    )
    .addOption(new Option('--reuse-port', 'shares the port of the gateway with its other replicas (Linux)'))
    .addOption(new Option('--listen <host:port>', 'where other instances reach this one (default: nowhere)'))
    .addOption(port())
    .addOption(hostOption().default('0.0.0.0'))
    .addOption(data())
    .addOption(logLevel())
    .addOption(json('logs as JSON, one object a line (default where no person watches)'))
    .addHelpText('after', '\nExample:\n  holon run --group orders --listen 0.0.0.0:7000')
    .action(async (options: RunOptions) => {
      const { runAlone } = await import('./run/standalone-run.ts')
      finish(await runAlone(host, options))
    })
}

function addPs(program: Command, host: Host, finish: Finish): void {
  program
    .command('ps')
    .summary('shows what runs')
    .description('Shows the processes of the running app: state, pid, restarts, time since start, memory, services.')
    .addOption(config())
    .addOption(data())
    .addOption(json('the whole status as JSON'))
    .addHelpText('after', '\nExample:\n  holon ps --json')
    .action(async (options: object) => {
      const { psCommand } = await import('./commands/ps-command.ts')
      finish(await psCommand(host, options))
    })
}

function addCall(program: Command, host: Host, finish: Finish): void {
  program
    .command('call')
    .summary('calls an operation of a running service')
    .description(
      'Calls an operation of a service of the running app, past the gateway, and prints what it answers as JSON. Of a stream it prints one line an item.',
    )
    .argument('<operation>', 'service.operation')
    .argument('[input]', 'the input as JSON', parseJson)
    .addOption(config())
    .addOption(data())
    .addOption(new Option('--timeout <duration>', 'gives up after this: 500ms, 5s, 1m').argParser(parseDuration))
    .addOption(new Option('--as <subject>', "for this user, without a token; only of an app that 'holon dev' runs"))
    .addOption(
      new Option('--claims <json>', "what else the user's token would say, as an object").argParser(parseObject),
    )
    .addOption(json('failures as JSON too'))
    .addHelpText(
      'after',
      `\nExamples:\n  holon call catalog.get '{"id":"p1"}'\n  holon call orders.list --timeout 2s\n  holon call favorites.add '{"id":"p1"}' --as user-1 --claims '{"role":"admin"}'`,
    )
    .action(async (operation: string, input: unknown, options: object) => {
      const { callCommand } = await import('./commands/call-command.ts')
      finish(await callCommand(host, { operation, input, ...options }))
    })
}

function addGraph(program: Command, host: Host, finish: Finish): void {
  program
    .command('graph')
    .summary('shows who calls whom, and where events go')
    .description('Shows which service calls which, and where events go. It needs no running app.')
    .addOption(config())
    .addOption(new Option('--mermaid', 'as a Mermaid flowchart').conflicts('json'))
    .addOption(json('as JSON'))
    .addHelpText('after', '\nExample:\n  holon graph --mermaid > docs/services.mmd')
    .action(async (options: object) => {
      const { graphCommand } = await import('./commands/graph-command.ts')
      finish(await graphCommand(host, options))
    })
}

function addOpenApi(program: Command, host: Host, finish: Finish): void {
  program
    .command('openapi')
    .summary('prints the OpenAPI document of the gateway')
    .description('Prints the OpenAPI 3.1 document of what the gateway exposes. Needs no running app.')
    .addOption(config())
    .addOption(new Option('--out <file>', 'writes it to this file instead'))
    .addOption(json('it always is JSON; accepted for symmetry'))
    .addHelpText('after', '\nExample:\n  holon openapi --out openapi.json')
    .action(async (options: object) => {
      const { openApiCommand } = await import('./commands/openapi-command.ts')
      finish(await openApiCommand(host, options))
    })
}

function addAsyncApi(program: Command, host: Host, finish: Finish): void {
  program
    .command('asyncapi')
    .summary("prints the AsyncAPI document of the app's events")
    .description('Prints the AsyncAPI 3.1 document of the events of all contracts. Needs no running app.')
    .addOption(config())
    .addOption(new Option('--out <file>', 'writes it to this file instead'))
    .addOption(json('it always is JSON; accepted for symmetry'))
    .addHelpText('after', '\nExample:\n  holon asyncapi --out asyncapi.json')
    .action(async (options: object) => {
      const { asyncApiCommand } = await import('./commands/async-api-command.ts')
      finish(await asyncApiCommand(host, options))
    })
}

/** How the supervisor learns about the app: over the IPC channel, from a process that runs the configuration. */
function addDescribe(program: Command, host: Host, finish: Finish): void {
  program
    .command('describe', { hidden: true })
    .addOption(config())
    .option('--split')
    .addOption(new Option('--placement <json>').argParser(parseJson))
    .action(async (options: object) => {
      const { describeCommand } = await import('./start/describe-command.ts')
      finish(await describeCommand(host, options))
    })
}
