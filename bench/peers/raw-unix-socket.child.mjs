/** The other process of the raw Unix socket: sends back what came. */
import { connect } from 'node:net';
import { createFrameReader, createFrameWriter } from './frames.mjs';

const socket = connect(process.argv[2] ?? '');
const write = createFrameWriter(socket);
socket.on('data', createFrameReader(write));
socket.on('close', () => process.exit(0));
