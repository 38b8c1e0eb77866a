/**
 * Whether two webhook URLs are the same receiver: scheme and host in any case, with or without the default port, an empty
 * path, or a fragment, which is never sent. By hand, since the workflow sandbox has no URL parser.
 */
export function isSameUrl(one: string, other: string): boolean {
  return normalize(one) === normalize(other);
}

function normalize(url: string): string {
  const [, scheme = '', authority = '', rest = ''] = /^(https?):\/\/([^/?#]*)([^#]*)/i.exec(url) ?? [undefined, url];
  const host = authority.toLowerCase().replace(scheme.toLowerCase() === 'https' ? /:443$/ : /:80$/, '');
  return `${scheme.toLowerCase()}://${host}${rest.startsWith('/') ? rest : `/${rest}`}`;
}
