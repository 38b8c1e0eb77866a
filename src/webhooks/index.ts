// The public entry `./webhooks`, for receivers: nothing here needs Temporal or a running engine.
export { verify, WebhookVerificationError } from './verify';
export type { VerifyOptions, WebhookHeaders, WebhookVerificationCode } from './verify';
