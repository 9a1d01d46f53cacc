import type { JWK } from 'jose'
import type { ColumnType, Generated } from 'kysely'

export interface AccountsDb {
  accounts: {
    id: string
    email: string
    name: string
    password_hash: string
    created_at: Date
  }
  sign_in_allowances: {
    email: string
    left_over: number
    counted_at: Date
  }
  signing_keys: {
    slot: Generated<number>
    key_id: string
    private_jwk: ColumnType<JWK, string, never>
    created_at: Date
  }
}
