// Domains with the Node SDKs; prints what each call returned, by name, as JSON.

import { Resend } from "resend";

const resend = new Resend(process.env.KEY);
const said = {};
const say = async (name, call) => {
  const { data, error } = await call;
  said[name] = error ? { error } : data;
  return data;
};

const domain = (await say("create", resend.domains.create({ name: "northwind.example", region: "eu-west-1" }))).id;
await say("get", resend.domains.get(domain));
await say("list", resend.domains.list());
await say("update", resend.domains.update({ id: domain, openTracking: false, clickTracking: false, tls: "opportunistic" }));
await say("verify", resend.domains.verify(domain));
await say("key", resend.apiKeys.create({ name: "worker", permission: "sending_access", domain_id: domain }));
await say("again", resend.domains.create({ name: "northwind.example" }));
await say("remove", resend.domains.remove(domain));
console.log(JSON.stringify(said));
