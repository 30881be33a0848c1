using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (
      allow = ["private", "public"],
      tlsOptions = (trustBrowserCas = false, trustedCertificates = [embed "@CA@"])
    )),
  ],
  sockets = [(name = "http", address = "127.0.0.1:@PORT@", http = (), service = "main")],
);

const worker :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = "2026-04-01",
  bindings = [(name = "UPSTREAM", text = "@UPSTREAM@"), (name = "API_KEY", text = "key-of-the-bench")],
);
