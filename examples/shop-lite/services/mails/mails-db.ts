export interface MailsDb {
  mails: {
    order_id: string
    text: string
  }
}
