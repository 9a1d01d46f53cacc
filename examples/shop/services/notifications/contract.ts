import { defineContract, query } from 'holon'
import { z } from 'zod'

import { pageInput, pageOf } from '../../shared/page.ts'

export const MailKind = z.enum(['welcome', 'confirmation', 'shipped'])
export type MailKind = z.output<typeof MailKind>

export const Mail = z.object({
  id: z.string(),
  kind: MailKind,
  to: z.string().describe('the address of the account; empty where it is not known'),
  subject: z.string(),
  body: z.string().describe('paragraphs, an empty line between them'),
  orderId: z.string().nullable(),
  sentAt: z.iso.datetime(),
})
export type Mail = z.output<typeof Mail>

export const notifications = defineContract('notifications', {
  description: 'Writes to customers. No mail leaves the shop: it is kept, for its customer to read.',
  operations: {
    list: query({
      summary: "One's own mails, newest first",
      http: 'GET /mails',
      auth: 'required',
      input: z.object(pageInput),
      output: pageOf(Mail),
    }),
    audit: query({
      summary: 'The books: all mails about orders in pages, oldest first',
      input: z.object({ after: z.int().min(0).default(0) }),
      output: z.object({
        mails: z.array(z.object({ kind: MailKind, orderId: z.string() })),
        next: z.int().nullable(),
      }),
    }),
  },
})
