// Runs the published networks with the packages' own JavaScript, on the CPU, for comparison with the converted ones.
// stdin: {"packages": DIR, "jobs": [{"model": ID, "input": FILE, "shape": [N, H, W, 3], "outputs": {NAME: FILE}}]}
// Inputs and outputs are raw little-endian float32; inputs are NHWC, pictures among the outputs are written as NCHW.
// stdout: one JSON object, {MODEL: {OUTPUT NAME: SHAPE}} of the last job of each model.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const request = JSON.parse(Buffer.concat(chunks).toString('utf8'));
const packages = path.resolve(request.packages, '@vladmandic');

const load = (file) => import(pathToFileURL(path.join(packages, file)).href);
const readJson = async (file) => JSON.parse(await readFile(file, 'utf8'));
const exactBuffer = (bytes) => bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
// The bundles are made for browsers; where they see Node they look for modules that were left out of them.
Object.defineProperty(process, 'versions', { value: {} });
const platform = {
  isTypedArray: (value) => ArrayBuffer.isView(value) && !(value instanceof DataView),
  now: () => performance.now(),
  encode: (text) => new TextEncoder().encode(text),
  decode: (bytes, encoding) => new TextDecoder(encoding).decode(bytes),
};

let faceapi;
async function faceNet(net, name) {
  if (!net.isLoaded) {
    const folder = path.join(packages, 'face-api/model');
    const [group] = await readJson(path.join(folder, `${name}-weights_manifest.json`));
    const packed = Buffer.concat(await Promise.all(group.paths.map((file) => readFile(path.join(folder, file)))));
    net.loadFromWeightMap(faceapi.tf.io.decodeWeights(exactBuffer(packed), group.weights));
  }
  return net;
}

const graphs = new Map();
async function graphModel(tf, name) {
  if (!graphs.has(name)) {
    const folder = path.join(packages, 'human/models');
    const json = await readJson(path.join(folder, `${name}.json`));
    const specs = json.weightsManifest.flatMap((group) => group.weights);
    const files = json.weightsManifest.flatMap((group) => group.paths);
    const packed = Buffer.concat(await Promise.all(files.map((file) => readFile(path.join(folder, file)))));
    const artifacts = { ...json, weightSpecs: specs, weightData: exactBuffer(packed) };
    graphs.set(name, await tf.loadGraphModel({ load: async () => artifacts }));
  }
  return graphs.get(name);
}

const runners = {
  async ssd_mobilenetv1(tf, x) {
    const net = await faceNet(faceapi.nets.ssdMobilenetv1, 'ssd_mobilenetv1_model');
    const { boxes, scores } = net.forwardInput(new faceapi.NetInput([x], true));
    return { boxes: tf.stack(boxes), scores: tf.stack(scores) };
  },
  async face_landmark_68(tf, x) {
    const net = await faceNet(faceapi.nets.faceLandmark68Net, 'face_landmark_68_model');
    return { points: net.runNet(new faceapi.NetInput([x], true)) };
  },
  async face_recognition(tf, x) {
    const net = await faceNet(faceapi.nets.faceRecognitionNet, 'face_recognition_model');
    return { embedding: net.forwardInput(new faceapi.NetInput([x], true)) };
  },
  async facemesh(tf, x) {
    const model = await graphModel(tf, 'facemesh');
    const [points, flag] = model.execute(x, ['Identity_2:0', 'Identity_1:0']);
    return { points, flag };
  },
  async centernet(tf, x) {
    const model = await graphModel(tf, 'centernet');
    const blocks = [11, 14].map((number) => `tower_0/MobilenetV3/expanded_conv_${number}/squeeze_excite/mul`);
    const [heatmap, wh, ...maps] = model.execute(x, ['tower_0/keypoints', 'tower_0/wh', ...blocks]);
    const features = tf.concat(maps.map((map) => tf.max(map, [1, 2])), 1);
    return { heatmap: tf.transpose(heatmap, [0, 3, 1, 2]), wh: tf.transpose(wh, [0, 3, 1, 2]), features };
  },
};

const shapes = {};
for (const job of request.jobs) {
  const graph = ['facemesh', 'centernet'].includes(job.model);
  if (!graph && !faceapi) faceapi = await load('face-api/dist/face-api.esm.js');
  // Both bundles announce every kernel they share.
  console.warn = () => {};
  const tf = graph ? await load('human/dist/tfjs.esm.js') : faceapi.tf;
  tf.env().setPlatform('bare', platform);
  await tf.setBackend('cpu');
  await tf.ready();
  const pixels = new Float32Array(exactBuffer(await readFile(job.input)));
  // The networks of human are fixed to one picture at a time.
  const results = [];
  for (const picture of tf.unstack(tf.tensor4d(pixels, job.shape))) results.push(await runners[job.model](tf, tf.expandDims(picture)));
  shapes[job.model] = {};
  for (const [name, file] of Object.entries(job.outputs)) {
    const tensor = tf.concat(results.map((result) => result[name]));
    shapes[job.model][name] = tensor.shape;
    await writeFile(file, Buffer.from(new Float32Array(await tensor.data()).buffer));
  }
}
process.stdout.write(JSON.stringify(shapes));
