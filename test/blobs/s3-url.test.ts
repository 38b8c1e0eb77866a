import { expect } from 'chai';
import { parseBlobUrl, parseS3Url } from '../../src/blobs/s3-url';

describe('the URL of a store in S3', () => {
  it('is a bucket, and a prefix that ends with one slash', () => {
    expect(parseS3Url('s3://our.blobs-1')).to.deep.equal({
      url: 's3://our.blobs-1',
      bucket: 'our.blobs-1',
      prefix: '',
    });
    expect(parseS3Url('s3://our-blobs/')).to.deep.equal({ url: 's3://our-blobs', bucket: 'our-blobs', prefix: '' });
    const url = "s3://our-blobs/a/b_c.d-e!*'()=/f";
    expect(parseS3Url(`${url}//`)).to.deep.equal({
      url,
      bucket: 'our-blobs',
      prefix: "a/b_c.d-e!*'()=/f/",
    });
    expect(parseBlobUrl(`s3://${'b'.repeat(63)}/${'p'.repeat(200)}/`)).to.have.length(5 + 63 + 1 + 200);
  });

  for (const [text, rule] of [
    ['http://our-blobs', /^must be s3:/],
    ['our-blobs', /^must be s3:/],
    ['s3:///prefix', /^must be s3:/],
    ['s3://key:secret@our-blobs', /^must hold no credentials/],
    ['s3://ab', /3 to 63/],
    [`s3://${'b'.repeat(64)}`, /3 to 63/],
    ['s3://Our-Blobs', /3 to 63 of a-z/],
    ['s3://our_blobs', /3 to 63 of a-z/],
    ['s3://our-blobs:9000/x', /3 to 63 of a-z/],
    ['s3://-our-blobs', /at either end/],
    ['s3://our-blobs.', /at either end/],
    ['s3://our..blobs', /two dots/],
    ['s3://192.168.0.1', /IP address/],
    ['s3://our-blobs//x', /the prefix must be/],
    ['s3://our-blobs/x//y', /the prefix must be/],
    ['s3://our-blobs/x/../y', /the prefix must be/],
    ['s3://our-blobs/.', /the prefix must be/],
    ['s3://our-blobs/x?region=y', /the prefix must be/],
    ['s3://our-blobs/x#y', /the prefix must be/],
    ['s3://our-blobs/a%20b', /the prefix must be/],
    ['s3://our-blobs/a\nb', /the prefix must be/],
    [`s3://our-blobs/${'p'.repeat(201)}`, /200 characters in all/],
  ] as const) {
    it(`is not ${JSON.stringify(text)}`, () => {
      expect(() => parseBlobUrl(text)).to.throw(Error, rule);
    });
  }
});
