import type { ColumnType, Generated } from 'kysely'

import type { MailKind } from './contract.ts'

export interface NotificationsDb {
  recipients: {
    account_id: string
    email: string
    name: string
  }
  mails: {
    number: Generated<number>
    id: string
    account_id: string
    kind: MailKind
    order_id: string | null
    subject: string
    paragraphs: ColumnType<string[], string, never>
    sent_at: Date
  }
}
