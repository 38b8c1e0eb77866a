/** What is set for the receivers behind a URL prefix, besides what holds for all (contract §8, `store/endpoints`). */

/** A certificate that the sender shows, and its key; both PEM. */
export interface ClientCertificate {
  /** The certificate, and those that lead from it to its authority. */
  readonly cert: string;
  /** Not encrypted. */
  readonly key: string;
}

/** How webhooks to one receiver are sent. It holds secrets: never log it. */
export interface Endpoint {
  /** As messages and logs name it. */
  readonly name: string;
  /**
   * The prefix of the webhooks' URLs that it is for: of the same scheme, host and port, and with a path that is this one or
   * goes on behind it at a `/`. Of several the longest counts. It has no query; that of a webhook is not looked at.
   */
  readonly url: string;
  /** `whsec_…`: each signs, instead of all of `WEBHOOK_SECRETS`. */
  readonly secrets?: readonly string[];
  /** Sent besides our own, such as `authorization`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How many requests one worker makes in a second, which begins with the first of them; may be less than 1. */
  readonly rateLimit?: number;
  /** PEM certificates of authorities that are trusted besides the usual ones. */
  readonly ca?: string;
  /** Shown to the receivers. */
  readonly clientCertificate?: ClientCertificate;
}

/** The parts of an endpoint that nobody is shown again. */
export type SecretPart = 'secrets' | 'headers' | 'clientCertificate';

/** What may be told of them. */
export interface KeptParts {
  /** Of each secret, the start of its SHA-256. */
  readonly secrets?: readonly string[];
  /** Their names. */
  readonly headers?: readonly string[];
  readonly clientCertificate?: {
    /** SHA-256. */
    readonly fingerprint: string;
    /** ISO 8601. */
    readonly validTo: string;
  };
}

/** An endpoint at rest: its secret parts are encrypted, each by itself, so that one can be kept while another changes. */
export interface StoredEndpoint extends Omit<Endpoint, SecretPart> {
  readonly sealed: Readonly<Partial<Record<SecretPart, string>>>;
  /** A part is named here where it was given, though it be empty. */
  readonly kept: KeptParts;
}
