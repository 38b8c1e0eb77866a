/** The rule of `BLOB_URL`. A message never quotes the text: somebody may have put a key into it. */

export interface S3Place {
  /** `s3://bucket/prefix`, as one writes it who leaves out what can be left out. */
  readonly url: string;
  readonly bucket: string;
  /** Before each key: empty, or with a `/` at its end. */
  readonly prefix: string;
}

/** With a key it must fit into S3's 1,024 bytes. */
const LONGEST_PREFIX = 200;

/** Those that S3 calls safe, and that mean nothing else in a URL. */
const SEGMENT = /^[\w!.*'()=-]+$/;

/** @returns the text without slashes at its end @throws Error with the rule */
export function parseBlobUrl(text: string): string {
  return parseS3Url(text).url;
}

/** @throws Error with the rule */
export function parseS3Url(text: string): S3Place {
  const [, bucket, rest = ''] = /^s3:\/\/([^/]+)(\/.*)?$/s.exec(text) ?? [];
  if (bucket === undefined) throw new Error('must be s3://bucket or s3://bucket/prefix');
  if (bucket.includes('@')) throw new Error('must hold no credentials: they are AWS_ACCESS_KEY_ID and its sisters');
  checkBucket(bucket);
  const prefix = rest.replace(/^\/|\/+$/g, '');
  if (prefix === '') return { url: `s3://${bucket}`, bucket, prefix };
  const whole = prefix.split('/').every((segment) => SEGMENT.test(segment) && !/^\.\.?$/.test(segment));
  if (!whole || prefix.length > LONGEST_PREFIX) {
    throw new Error(
      `the prefix must be names with / between them, of letters, digits and !_.*'()=-, ${String(LONGEST_PREFIX)} characters in all`,
    );
  }
  return { url: `s3://${bucket}/${prefix}`, bucket, prefix: `${prefix}/` };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html, without the names that AWS keeps for itself. */
function checkBucket(bucket: string): void {
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) {
    throw new Error('the bucket must be 3 to 63 of a-z, 0-9, dots and hyphens, with a letter or digit at either end');
  }
  if (bucket.includes('..')) throw new Error('the bucket must have no two dots side by side');
  if (/^\d+\.\d+\.\d+\.\d+$/.test(bucket)) throw new Error('the bucket must not look like an IP address');
}
