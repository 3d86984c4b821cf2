import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { gapsOf, readAll, readOne } from './from.js';
import { recordsOf } from './records.js';

describe('a scan of several hosts is several snapshots', () => {
  it('nmap XML: one a host that is up, named by its PTR record or its address', async () => {
    const snapshots = await readAll(readFileSync('fixtures/dialects/hosts/scan.xml'));
    expect(snapshots.map((snapshot) => [snapshot.host.hostname, ...recordsOf(snapshot)])).toEqual([
      ['gate.example.net', 'listen tcp 192.0.2.1:22'],
      ['2001:db8::2', 'listen tcp [2001:db8::2]:23'],
    ]);
    const [gate] = snapshots;
    if (gate === undefined) throw new Error('no snapshot');
    expect(gapsOf(gate)).toContain('udp port 161 of 192.0.2.1 (open|filtered)');
    expect(gate.software.probes).toMatchObject([{ port: 22, service: 'ssh', product: 'OpenSSH', version: '9.2p1' }]);
  });

  it('reads XML that has no line ends, as masscan and minifiers write it', async () => {
    const xml = readFileSync('fixtures/dialects/hosts/scan.xml', 'utf8').replaceAll('\n', '');
    expect((await readAll(xml)).map((snapshot) => recordsOf(snapshot))).toEqual([
      ['listen tcp 192.0.2.1:22'],
      ['listen tcp [2001:db8::2]:23'],
    ]);
  });

  it('grepable output of several hosts', async () => {
    const text =
      'Host: 192.0.2.1 (a.example)\tPorts: 22/open/tcp//ssh///\nHost: 192.0.2.2 ()\tStatus: Down\nHost: 192.0.2.3 ()\tPorts: 23/open/tcp//telnet///, 69/open|filtered/udp//tftp///\n';
    const snapshots = await readAll(text);
    expect(snapshots.map((snapshot) => [snapshot.host.hostname, ...recordsOf(snapshot)])).toEqual([
      ['a.example', 'listen tcp 192.0.2.1:22'],
      ['192.0.2.3', 'listen tcp 192.0.2.3:23'],
    ]);
  });

  it('a port that two scans found is one listener', async () => {
    const snapshot = await readOne(
      'Timestamp: 1\tHost: 192.0.2.1 ()\tPorts: 80/open/tcp////\nTimestamp: 2\tHost: 192.0.2.1 ()\tPorts: 80/open/tcp////\nopen tcp 80 192.0.2.1 1390380064\n',
    );
    expect(recordsOf(snapshot)).toEqual(['listen tcp 192.0.2.1:80']);
  });
});

describe('JSON of one line or many', () => {
  it('reads osqueryi --json, a compressed array, and a log where a row was removed again', async () => {
    const row = '{"pid":"7","port":"22","protocol":"6","family":"2","address":"0.0.0.0","name":"sshd"}';
    expect(recordsOf(await readOne(`[\n  ${row}\n]\n`))).toEqual(['listen tcp 0.0.0.0:22 7/sshd']);
    expect(recordsOf(await readOne(`[${row}]`))).toEqual(['listen tcp 0.0.0.0:22 7/sshd']);
    const log = `{"name":"x","columns":${row},"action":"added"}\n{"name":"x","columns":${row.replace('"22"', '"23"')},"action":"removed"}\n`;
    expect(recordsOf(await readOne(log))).toEqual(['listen tcp 0.0.0.0:22 7/sshd']);
  });

  it('takes a single object of ConvertTo-Json, which is no array', async () => {
    expect(
      recordsOf(
        await readOne(
          '{ "LocalAddress": "0.0.0.0", "LocalPort": 22, "RemoteAddress": "0.0.0.0", "RemotePort": 0, "State": 2, "OwningProcess": 3016 }',
        ),
      ),
    ).toEqual(['listen tcp 0.0.0.0:22 3016/']);
  });

  it('is not led astray by a bracket that somebody pasted before a table', async () => {
    const table = 'tcp        0      0 0.0.0.0:22              0.0.0.0:*               LISTEN     \n';
    expect(recordsOf(await readOne(`{\n${table}`))).toEqual(['listen tcp 0.0.0.0:22']);
  });

  it('says that a document without an end was not read', async () => {
    const snapshot = await readOne(
      '[{"pid":"7","port":"22","protocol":"6","family":"2","address":"0.0.0.0"}]\n[{"pid":"7","port":"23"',
    );
    expect(gapsOf(snapshot).some((what) => what.startsWith('a JSON document that begins with'))).toBe(true);
  });
});
