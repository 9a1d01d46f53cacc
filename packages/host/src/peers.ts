import { isRecord, messageOf } from '@holon/contract'
import type { PeerListing } from '@holon/rpc'

import { SettingFailure } from './setting-failure.ts'

/** The instances that `HOLON_PEERS` lists. @throws SettingFailure saying what is wrong with it. */
export function parsePeers(text: string | undefined): readonly PeerListing[] {
  if (text === undefined || text === '') return []
  let peers: unknown
  try {
    peers = JSON.parse(text)
  } catch (error) {
    throw peersFailure(`is not JSON (${messageOf(error)})`)
  }
  if (!Array.isArray(peers)) throw peersFailure('is no list')
  if (peers.every(isPeer)) return peers
  throw peersFailure(`names no instance in its element ${peers.findIndex((peer) => !isPeer(peer)) + 1}`)
}

function isPeer(peer: unknown): peer is PeerListing {
  if (!isRecord(peer) || typeof peer['instance'] !== 'string' || !isRecord(peer['address'])) return false
  const { path, host, port } = peer['address']
  const services: unknown = peer['services']
  return (
    (typeof path === 'string' || (typeof host === 'string' && typeof port === 'number')) &&
    Array.isArray(services) &&
    services.every((service) => isRecord(service) && typeof service['name'] === 'string')
  )
}

function peersFailure(problem: string): SettingFailure {
  return new SettingFailure(
    `HOLON_PEERS ${problem}. Write a list, as GET /api/registry has it in peers: [{"instance":"orders","address":{"host":"10.0.0.7","port":7000},"services":[{"name":"orders"}]}]`,
  )
}
