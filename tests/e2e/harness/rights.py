"""Rights of a Kafka user, granted and taken one by one."""

from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
)

from .waits import wait_until

USER = "User:replay"
CREDENTIALS = '{"mechanism": "plain", "username": "replay", "password": "replay-secret"}'


class Rights:
    """What `replay` may do on one world's topic, group and transactional id."""

    def __init__(self, world):
        self.admin = world.broker.admin
        prefixed = ACLResourcePatternType.PREFIXED
        self.resources = {
            "TransactionalId": (
                ResourceType.TRANSACTIONAL_ID,
                f"reprocess-{world.job_id}",
                prefixed,
            ),
            "Group": (ResourceType.GROUP, f"reprocess-{world.job_id}", prefixed),
            "Topic": (ResourceType.TOPIC, world.topic, ACLResourcePatternType.LITERAL),
        }

    def _pattern(self, kind, resource):
        resource_type, name, pattern_type = self.resources[resource]
        return kind(resource_type, name, pattern_type)

    def grant(self, *rights):
        """Each right is "Resource Operation"; returns once the broker knows them."""
        for right in rights:
            resource, operation = right.split()
            acl = ACL(USER, "*", ACLOperation[operation.upper()], ACLPermissionType.ALLOW,
                      self._pattern(ResourcePattern, resource))  # fmt: skip
            result = self.admin.create_acls([acl])
            assert not result["failed"], result
            wait_until(lambda r=right: self.has(r), f"{right} is granted")

    def take(self, *rights):
        for right in rights:
            self.admin.delete_acls([self._filter(right)])
            wait_until(lambda r=right: not self.has(r), f"{right} is taken")

    def has(self, right):
        return bool(self.admin.describe_acls(self._filter(right))[0])

    def _filter(self, right):
        resource, operation = right.split()
        pattern = self._pattern(ResourcePatternFilter, resource)
        return ACLFilter(
            USER, "*", ACLOperation[operation.upper()], ACLPermissionType.ALLOW, pattern
        )
