//! The fraud-review console: pages rendered on the node, in a browser, without a third-party host and without a build step.
