import { type ChaosRun, pause } from './chaos-run.ts'
import type { LabBus } from './events-lab.ts'
import type { LabProcess } from './lab-process.ts'

/** Kills and starts processes again under load; returns how often each was killed. */
export async function killAtRandom(run: ChaosRun, rounds: number): Promise<Readonly<Record<string, number>>> {
  const { lab, random } = run
  const processes = [lab.producer, ...lab.consumers]
  const targets = [...processes, lab.bus]
  const kills: Record<string, number> = {}
  const kill = async (target: LabProcess | LabBus): Promise<void> => {
    const name = 'name' in target ? target.name : 'bus'
    kills[name] = (kills[name] ?? 0) + 1
    await target.kill()
  }
  const start = async (target: LabProcess | LabBus, round: number): Promise<void> => {
    await target.start()
    if (target === lab.producer) run.load(round)
  }
  run.load(0)
  for (let round = 1; round <= rounds; round += 1) {
    await pause(20 + random() * 250)
    const target = run.pick(targets)
    await kill(target)
    // Now and then it stays away for a while, or a process begins while the bus is away.
    if (random() < 0.3) await pause(random() * 500)
    if (target === lab.bus && random() < 0.3) {
      const other = run.pick(processes)
      await kill(other)
      await Promise.all([start(other, round), pause(random() * 1000).then(() => start(target, round))])
    } else await start(target, round)
  }
  return kills
}

/** Ends the bus under load and starts it again, in turn without warning and in an orderly way. */
export async function restartBus(run: ChaosRun, restarts: number): Promise<void> {
  const { bus } = run.lab
  run.load(-2)
  for (let done = 0; done < restarts; done += 1) {
    await pause(100 + run.random() * 900)
    await (done % 2 === 0 ? bus.kill() : bus.stop())
    await bus.start()
  }
  // What comes in just after a start is what a broker may not be able to keep yet.
  await pause(1_500)
}

/** Kills the database server under load and starts it again. */
export async function killDatabase(run: ChaosRun, kills: number): Promise<void> {
  const { database } = run.lab
  run.load(-3)
  for (let done = 0; done < kills; done += 1) {
    await pause(200 + run.random() * 1_000)
    await database.kill()
    await pause(run.random() * 500)
    await database.start()
  }
  await pause(1_000)
}

/** Freezes one consumer after the other for longer than its lease, with what it has in work. */
export async function freezeConsumers(run: ChaosRun, freezes: number): Promise<void> {
  const { consumers, bus } = run.lab
  run.load(-4)
  for (let done = 0; done < freezes; done += 1) {
    const frozen = consumers[done % consumers.length]
    await pause(300 + run.random() * 300)
    frozen?.freeze()
    await pause(bus.longerThanLeaseMs)
    frozen?.thaw()
  }
}

/** Runs replicas of two versions side by side, kills them in turn, and ends with the second version alone. */
export async function replaceVersion(run: ChaosRun, kills: number): Promise<void> {
  const [one, other] = run.lab.consumers
  await one?.kill()
  await one?.start({ version: 2 })
  run.load(-6)
  for (let done = 0; done < kills; done += 1) {
    const victim = done % 2 === 0 ? other : one
    await pause(300)
    await victim?.kill()
    await victim?.start()
  }
  await other?.kill()
  await other?.start({ version: 2 })
}

/** Takes the consumer's subscription back to the start again and again, at any of its replicas. */
export async function rewindUnderLoad(run: ChaosRun, rewinds: number): Promise<void> {
  run.load(-7)
  for (let done = 0; done < rewinds; done += 1) {
    await pause(700)
    const failure = await run.lab.rewind(run.pick(run.lab.consumers))
    if (failure !== undefined) throw new Error(`The rewind failed: ${failure}`)
  }
}
