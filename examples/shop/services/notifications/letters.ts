import { formatCents } from '../../shared/money.ts'
import type { MailKind } from './contract.ts'

/** A mail before it is sent: who gets it and how it begins is known when it is. */
export interface Letter {
  readonly kind: MailKind
  readonly subject: string
  readonly paragraphs: readonly string[]
  readonly orderId?: string
}

export function welcomeLetter(): Letter {
  return {
    kind: 'welcome',
    subject: 'Welcome to the shop',
    paragraphs: ['Your account is ready. We are glad that you are here.', 'Look around, and take your time.'],
  }
}

export interface PaidOrder {
  readonly orderId: string
  readonly totalCents: number
  readonly lines: readonly { readonly name: string; readonly quantity: number; readonly lineCents: number }[]
}

export function confirmationLetter({ orderId, totalCents, lines }: PaidOrder): Letter {
  const items = lines.map(({ name, quantity, lineCents }) => `${quantity} × ${name}: ${formatCents(lineCents)}`)
  return {
    kind: 'confirmation',
    orderId,
    subject: `Your order ${orderNumber(orderId)}`,
    paragraphs: [
      'Thank you for your order. Your payment has arrived, and this is what we pack for you:',
      items.join('\n'),
      `Total: ${formatCents(totalCents)}`,
      'We write again when the parcel leaves the house.',
    ],
  }
}

export function shippedLetter({ orderId, trackingCode }: { orderId: string; trackingCode: string }): Letter {
  return {
    kind: 'shipped',
    orderId,
    subject: `Order ${orderNumber(orderId)} is on its way`,
    paragraphs: [
      'Your parcel has left the house.',
      `Its tracking code is ${trackingCode}. On the page of your order you can watch it arrive.`,
    ],
  }
}

/** The end of the id, as the storefront shows it. */
function orderNumber(orderId: string): string {
  return orderId.slice(-8).toUpperCase()
}
