import type { RpcPeer } from './workload.ts'

/** Loads one peer. A module imports its libraries where they are used, so that memory is that of what is used. */
export async function loadPeer(module: string, name: string): Promise<RpcPeer> {
  const { peers } = (await import(`./peers/${module}.ts`)) as { readonly peers: Readonly<Record<string, RpcPeer>> }
  const peer = peers[name]
  if (peer === undefined) throw new TypeError(`rpc/peers/${module}.ts has no peer '${name}'.`)
  return peer
}
