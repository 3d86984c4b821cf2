import { describe, expect, it } from 'vitest';
import { placed, type RepositoryFile } from '../../src/gate/places.js';
import { finding, listener, owner, report } from '../builders.js';

const COMPOSE = `services:
  db:
    image: postgres
    ports:
      - "127.0.0.1:5432:5432"
  web:
    ports:
      - 8080-8082:80-82/tcp   # three
      - target: 443
        published: "8443"
`;
const UNIT = '[Socket]\nListenStream=0.0.0.0:23\nListenStream=[::]:24\n';

const file = (path: string, kind: RepositoryFile['kind'], text: string): RepositoryFile => ({ path, kind, text });

const placesOf = (
  over: Parameters<typeof listener>[0],
  files: readonly RepositoryFile[],
  locations = finding().locations,
) =>
  placed(report({ listeners: [listener(over)], findings: [finding({ locations })] }), {
    root: '/src/shop',
    folder: '/src/shop/deploy',
    files,
  }).findings[0]?.locations.map(({ repoPath, line }) => `${repoPath}:${line}`);

const proxy = [owner({ name: 'docker-proxy' })];

describe('the place of a finding in the repository', () => {
  it('is the line of the compose file that publishes the port', () => {
    const files = [file('compose.yaml', 'compose', COMPOSE)];
    expect(placesOf({ port: 5432, owners: proxy }, files)).toEqual(['compose.yaml:5']);
    expect(placesOf({ port: 8081, owners: proxy }, files)).toEqual(['compose.yaml:8']);
    expect(placesOf({ port: 8443, owners: proxy }, files)).toEqual(['compose.yaml:10']);
    expect(placesOf({ port: 80, owners: proxy }, files)).toEqual([]);
  });

  it('is no compose file for a program that no container engine published', () => {
    expect(placesOf({ port: 5432 }, [file('compose.yaml', 'compose', COMPOSE)])).toEqual([]);
  });

  it('is the unit that opened the port, by its line', () => {
    const files = [file('debian/telnet.socket', 'unit', UNIT)];
    expect(placesOf({ port: 24, owners: [owner({ unit: 'telnet.socket' })] }, files)).toEqual([
      'debian/telnet.socket:3',
    ]);
  });

  it('is the EXPOSE of a Dockerfile for what stands in a container', () => {
    const files = [file('Dockerfile', 'dockerfile', 'FROM scratch\nEXPOSE 80/tcp 9000\n')];
    const container = { runtime: 'docker', id: 'x', name: 'web', image: 'web' } as const;
    expect(placesOf({ port: 9000, owners: [owner({ container })] }, files)).toEqual(['Dockerfile:2']);
    expect(placesOf({ port: 9000 }, files)).toEqual([]);
  });

  it('is what the rules named, relative to the root, and a copy in the repository of a file of the host', () => {
    const at = (path: string) => [{ file: path, repoPath: null, line: 7, what: '' }];
    expect(placesOf({}, [], at('/src/shop/earshot.yaml'))).toEqual(['earshot.yaml:7']);
    expect(placesOf({}, [], at('../earshot.yaml'))).toEqual(['earshot.yaml:7']);
    expect(placesOf({}, [], at('policy.yaml'))).toEqual(['deploy/policy.yaml:7']);
    expect(placesOf({}, [], at('../../other/x.yaml'))).toEqual(['null:7']);
    expect(placesOf({}, [], at('/src/shopping/x.yaml'))).toEqual(['null:7']);
    const files = [file('files/etc/inetd.conf', 'inetd', 'x\n')];
    expect(placesOf({}, files, at('/etc/inetd.conf'))).toEqual(['files/etc/inetd.conf:7']);
  });
});
