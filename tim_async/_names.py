"""Public names that are imported on their first use, by the module that defines them.

Made by `python -m tests.public_names`; a test keeps it current.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._api.fields import RequestField as RequestField
    from ._api.wire import Result as Result
    from ._calls.account import AccountCalls as AccountCalls
    from ._calls.all_member_push import AllMemberPushCalls as AllMemberPushCalls
    from ._calls.c2c import C2CCalls as C2CCalls
    from ._calls.community import CommunityCalls as CommunityCalls
    from ._calls.follow import FollowCalls as FollowCalls
    from ._calls.group import GroupCalls as GroupCalls
    from ._calls.group_attr import GroupAttributesCalls as GroupAttributesCalls
    from ._calls.group_member import GroupMemberCalls as GroupMemberCalls
    from ._calls.group_msg import GroupMessagesCalls as GroupMessagesCalls
    from ._calls.live_group import LiveGroupCalls as LiveGroupCalls
    from ._calls.moderation import ModerationCalls as ModerationCalls
    from ._calls.official_account import OfficialAccountCalls as OfficialAccountCalls
    from ._calls.operation import OperationCalls as OperationCalls
    from ._calls.profile import ProfileCalls as ProfileCalls
    from ._calls.push import PushCalls as PushCalls
    from ._calls.recent_contact import RecentContactCalls as RecentContactCalls
    from ._calls.robot import RobotCalls as RobotCalls
    from ._calls.sns import SnsCalls as SnsCalls
    from ._host_limiter.limiter import HostRateLimiter as HostRateLimiter
    from ._shared_limits.stats import LimiterStats as LimiterStats
    from .families._chunks import (
        Chunked as Chunked, FailedChunk as FailedChunk, Items as Items,
    )
    from .families._fan_out import (
        Deliveries as Deliveries, Delivery as Delivery,
    )
    from .families._streaming import MessageStream as MessageStream
    from .families.account import Account as Account
    from .families.all_member_push import AllMemberPush as AllMemberPush
    from .families.c2c import C2C as C2C
    from .families.community import Community as Community
    from .families.follow import Follow as Follow
    from .families.group import Group as Group
    from .families.group_attr import GroupAttributes as GroupAttributes
    from .families.group_member import GroupMember as GroupMember
    from .families.group_msg import GroupMessages as GroupMessages
    from .families.live_group import LiveGroup as LiveGroup
    from .families.moderation import Moderation as Moderation
    from .families.official_account import OfficialAccount as OfficialAccount
    from .families.operation import Operation as Operation
    from .families.profile import Profile as Profile
    from .families.push import Push as Push
    from .families.recent_contact import RecentContact as RecentContact
    from .families.robot import Robot as Robot
    from .families.sns import Sns as Sns
    from .models.account import (
        AccountItem as AccountItem, AccountResultItem as AccountResultItem, AccountResults as AccountResults,
        CheckAccounts as CheckAccounts, DeleteAccounts as DeleteAccounts, ImportAccount as ImportAccount,
        ImportAccounts as ImportAccounts, ImportAccountsResult as ImportAccountsResult, KickAccount as KickAccount,
        OnlineState as OnlineState, OnlineStates as OnlineStates, OnlineStatus as OnlineStatus,
        OnlineStatusFailure as OnlineStatusFailure, OnlineStatuses as OnlineStatuses, PlatformStatus as PlatformStatus,
        QueryOnlineStatus as QueryOnlineStatus, QueryState as QueryState, UserIDItem as UserIDItem,
    )
    from .models.all_member_push import (
        AttrNames as AttrNames, AttrsOfUser as AttrsOfUser, AttrsOfUsers as AttrsOfUsers, ChangeTags as ChangeTags,
        Condition as Condition, PushTask as PushTask, PushToAll as PushToAll, PushUsers as PushUsers,
        RemoveAttrs as RemoveAttrs, SetAttrNames as SetAttrNames, SetAttrs as SetAttrs, TagsOfUser as TagsOfUser,
        TagsOfUsers as TagsOfUsers, UserAttrNames as UserAttrNames, UserAttrs as UserAttrs, UserTags as UserTags,
    )
    from .models.c2c import (
        BatchFailure as BatchFailure, BatchSendMsg as BatchSendMsg, BatchSendMsgResult as BatchSendMsgResult,
        GetRoamMsgs as GetRoamMsgs, RoamMsg as RoamMsg, RoamMsgs as RoamMsgs, SendMsg as SendMsg,
        SendMsgResult as SendMsgResult,
    )
    from .models.c2c_marks import (
        DeleteMsgs as DeleteMsgs, DeletedMsgs as DeletedMsgs, GetMsgExtensions as GetMsgExtensions,
        GetUnread as GetUnread, ImportMsg as ImportMsg, MarkRead as MarkRead, ModifyMsg as ModifyMsg,
        ReadMsg as ReadMsg, RecallMsg as RecallMsg, SendReadReceipts as SendReadReceipts,
        SetMsgExtensions as SetMsgExtensions, Unread as Unread, UnreadCount as UnreadCount,
        UnreadFailure as UnreadFailure,
    )
    from .models.c2c_stream import (
        SendStreamMsg as SendStreamMsg, SendStreamMsgResult as SendStreamMsgResult,
    )
    from .models.common import (
        AccountOutcome as AccountOutcome, Empty as Empty, NoFields as NoFields,
    )
    from .models.community import (
        AddPermissionGroupMembers as AddPermissionGroupMembers,
        AddPermissionGroupMembersResult as AddPermissionGroupMembersResult, AddTopicPermissions as AddTopicPermissions,
        AddedPermissionMember as AddedPermissionMember, CreatePermissionGroup as CreatePermissionGroup,
        CreateTopic as CreateTopic, DeletePermissionGroupMembers as DeletePermissionGroupMembers,
        DeletePermissionGroupMembersResult as DeletePermissionGroupMembersResult,
        DeleteTopicPermissions as DeleteTopicPermissions, DeletedPermissionMember as DeletedPermissionMember,
        DestroyOutcome as DestroyOutcome, DestroyPermissionGroups as DestroyPermissionGroups,
        DestroyPermissionGroupsResult as DestroyPermissionGroupsResult, DestroyTopics as DestroyTopics,
        DestroyTopicsResult as DestroyTopicsResult, GetPermissionGroupMembers as GetPermissionGroupMembers,
        GetPermissionGroups as GetPermissionGroups, GetTopicPermissions as GetTopicPermissions, GetTopics as GetTopics,
        ImportTopic as ImportTopic, ListedPermissionMember as ListedPermissionMember,
        ModifyPermissionGroup as ModifyPermissionGroup, ModifyTopic as ModifyTopic,
        PermissionGroupCreated as PermissionGroupCreated, PermissionGroupInfo as PermissionGroupInfo,
        PermissionGroupMembers as PermissionGroupMembers, PermissionGroupOutcome as PermissionGroupOutcome,
        PermissionGroups as PermissionGroups, PermissionMember as PermissionMember,
        SetTopicPermissions as SetTopicPermissions, TopicAndSelfInfo as TopicAndSelfInfo, TopicCreated as TopicCreated,
        TopicInfo as TopicInfo, TopicOutcome as TopicOutcome, TopicOutcomes as TopicOutcomes,
        TopicPermission as TopicPermission, TopicPermissionResult as TopicPermissionResult,
        TopicPermissions as TopicPermissions, TopicSelfInfo as TopicSelfInfo, Topics as Topics,
    )
    from .models.extension import (
        Extension as Extension, ExtensionItem as ExtensionItem, ExtensionOutcome as ExtensionOutcome,
        Extensions as Extensions, SetExtensions as SetExtensions, SetExtensionsResult as SetExtensionsResult,
    )
    from .models.follow import (
        AddFollows as AddFollows, CheckFollows as CheckFollows, DeleteFollows as DeleteFollows,
        FollowCount as FollowCount, FollowCounts as FollowCounts, FollowItem as FollowItem, FollowPage as FollowPage,
        FollowRelation as FollowRelation, FollowRelations as FollowRelations, FollowResults as FollowResults,
        FollowType as FollowType, FollowedAccount as FollowedAccount, GetFollowCounts as GetFollowCounts,
        GetFollows as GetFollows,
    )
    from .models.group import (
        ApplyJoinOption as ApplyJoinOption, ChangeOwner as ChangeOwner, CreateGroup as CreateGroup,
        CreatedGroup as CreatedGroup, DefinedData as DefinedData, FirstMember as FirstMember, GetGroups as GetGroups,
        GroupInfo as GroupInfo, GroupInfos as GroupInfos, GroupRequest as GroupRequest, GroupType as GroupType,
        ImportGroup as ImportGroup, ImportedGroup as ImportedGroup, InviteJoinOption as InviteJoinOption,
        JoinedFilter as JoinedFilter, JoinedGroup as JoinedGroup, JoinedGroups as JoinedGroups,
        ListGroups as ListGroups, ListJoined as ListJoined, ListedGroup as ListedGroup, ListedGroups as ListedGroups,
        MemberInfo as MemberInfo, ModifyGroup as ModifyGroup, OnOff as OnOff, OwnField as OwnField,
        ResponseFilter as ResponseFilter, SelfInfo as SelfInfo,
    )
    from .models.group_attr import (
        Counter as Counter, CounterKeys as CounterKeys, Counters as Counters, DeleteAttrs as DeleteAttrs,
        GroupAttr as GroupAttr, GroupAttrKey as GroupAttrKey, GroupAttrs as GroupAttrs, ReadAttr as ReadAttr,
        ReadCounter as ReadCounter, UpdateCounters as UpdateCounters, WriteAttrs as WriteAttrs,
    )
    from .models.group_member import (
        AccountRole as AccountRole, AddMembers as AddMembers, AddedMember as AddedMember, AddedMembers as AddedMembers,
        BanMembers as BanMembers, BannedAccount as BannedAccount, BannedAccounts as BannedAccounts,
        DeleteMembers as DeleteMembers, GetMembers as GetMembers, GetRoles as GetRoles, ImportMembers as ImportMembers,
        ImportedMember as ImportedMember, ListBanned as ListBanned, ListMembers as ListMembers, ListMuted as ListMuted,
        MemberInfos as MemberInfos, MemberPage as MemberPage, ModifyMember as ModifyMember, MsgFlag as MsgFlag,
        MuteMembers as MuteMembers, MutedAccount as MutedAccount, MutedAccounts as MutedAccounts,
        NewMember as NewMember, Role as Role, Roles as Roles, ShuttedUin as ShuttedUin, ShuttedUins as ShuttedUins,
        UnbanMembers as UnbanMembers,
    )
    from .models.group_msg import (
        BroadcastMsg as BroadcastMsg, BroadcastMsgResult as BroadcastMsgResult, ClearGroupMsgs as ClearGroupMsgs,
        DeleteMsgsBySender as DeleteMsgsBySender, GetGroupExtensions as GetGroupExtensions,
        GetGroupMsgReceipts as GetGroupMsgReceipts, GetGroupMsgs as GetGroupMsgs, GetReceiptDetail as GetReceiptDetail,
        GroupAt as GroupAt, GroupMsg as GroupMsg, GroupMsgReceipt as GroupMsgReceipt,
        GroupMsgReceipts as GroupMsgReceipts, GroupMsgs as GroupMsgs, ImportGroupMsgs as ImportGroupMsgs,
        ImportGroupMsgsResult as ImportGroupMsgsResult, ImportOutcome as ImportOutcome,
        ImportedGroupMsg as ImportedGroupMsg, ModifyGroupMsg as ModifyGroupMsg, MsgSeqItem as MsgSeqItem,
        ReadItem as ReadItem, RecallGroupMsgs as RecallGroupMsgs, RecallGroupMsgsResult as RecallGroupMsgsResult,
        RecallOutcome as RecallOutcome, ReceiptDetail as ReceiptDetail, ReportReceipts as ReportReceipts,
        SendGroupMsg as SendGroupMsg, SendGroupMsgResult as SendGroupMsgResult,
        SendSystemNotification as SendSystemNotification, SetGroupExtensions as SetGroupExtensions,
        SetUnreadMsgNum as SetUnreadMsgNum, UnreadItem as UnreadItem,
    )
    from .models.group_stream import (
        SendGroupStreamMsg as SendGroupStreamMsg, SendGroupStreamMsgResult as SendGroupStreamMsgResult,
    )
    from .models.history import (
        ArchivedC2CMsg as ArchivedC2CMsg, ArchivedGroupMsg as ArchivedGroupMsg, HistoryInfo as HistoryInfo,
    )
    from .models.live_group import (
        AddRobots as AddRobots, ChangedMarks as ChangedMarks, ListOnline as ListOnline, LiveAdmin as LiveAdmin,
        LiveAdmins as LiveAdmins, LiveMembers as LiveMembers, MarkMembers as MarkMembers, MarkedMember as MarkedMember,
        MarkedMembers as MarkedMembers, ModifyAdmins as ModifyAdmins, OnlineMember as OnlineMember,
        OnlineMembers as OnlineMembers, OnlineNum as OnlineNum, PresentMembers as PresentMembers,
    )
    from .models.message import (
        ForbidCallback as ForbidCallback, MessageOptions as MessageOptions, SendMsgControl as SendMsgControl,
    )
    from .models.moderation import (
        AddCloudKeywords as AddCloudKeywords, ChangeDirtyWords as ChangeDirtyWords,
        ChangeLocalKeywords as ChangeLocalKeywords, CloudKeyword as CloudKeyword, CloudLibraries as CloudLibraries,
        CloudLibrary as CloudLibrary, CloudWord as CloudWord, CloudWords as CloudWords, Content as Content,
        DeleteCloudKeywords as DeleteCloudKeywords, DeletedCloudKeywords as DeletedCloudKeywords,
        DirtyWords as DirtyWords, Done as Done, GetCloudKeywords as GetCloudKeywords,
        GetCloudLibraries as GetCloudLibraries, GetLocalKeywords as GetLocalKeywords, GetMute as GetMute,
        ItemJudgement as ItemJudgement, Judgement as Judgement, Judgements as Judgements,
        KeywordDeletion as KeywordDeletion, Label as Label, LocalKeyword as LocalKeyword, LocalWord as LocalWord,
        LocalWords as LocalWords, Moderate as Moderate, ModerateBatch as ModerateBatch, Mute as Mute,
        SetMute as SetMute,
    )
    from .models.official_account import (
        AddSubscribers as AddSubscribers, CreateOfficialAccount as CreateOfficialAccount,
        CreatedOfficialAccount as CreatedOfficialAccount, DeleteSubscribers as DeleteSubscribers,
        DestroyOfficialAccount as DestroyOfficialAccount, GetOfficialAccounts as GetOfficialAccounts,
        GetOfficialMsgs as GetOfficialMsgs, GetSubscribed as GetSubscribed, GetSubscribers as GetSubscribers,
        InfoFilter as InfoFilter, ModifyOfficialAccount as ModifyOfficialAccount, ModifySubscriber as ModifySubscriber,
        OfficialAccountInfo as OfficialAccountInfo, OfficialAccountItem as OfficialAccountItem,
        OfficialAccounts as OfficialAccounts, OfficialMsg as OfficialMsg, OfficialMsgs as OfficialMsgs,
        OfficialRecallOutcome as OfficialRecallOutcome, OfficialRecallOutcomes as OfficialRecallOutcomes,
        RecallOfficialMsgs as RecallOfficialMsgs, SendOfficialMsg as SendOfficialMsg,
        SentOfficialMsg as SentOfficialMsg, SubscribedAccount as SubscribedAccount,
        SubscribedAccounts as SubscribedAccounts, SubscribedFilter as SubscribedFilter, Subscriber as Subscriber,
        SubscriberItem as SubscriberItem, SubscriberOutcome as SubscriberOutcome,
        SubscriberOutcomes as SubscriberOutcomes, Subscribers as Subscribers, Subscription as Subscription,
    )
    from .models.operation import (
        AppFigures as AppFigures, AppInfo as AppInfo, Archive as Archive, ArchiveFile as ArchiveFile,
        ChatFile as ChatFile, Figure as Figure, FileToSign as FileToSign, GetAppInfo as GetAppInfo,
        GetHistory as GetHistory, IPList as IPList, SignFiles as SignFiles, SignedFile as SignedFile,
        SignedFiles as SignedFiles,
    )
    from .models.profile import (
        GetProfiles as GetProfiles, ProfileItem as ProfileItem, Profiles as Profiles, SetProfile as SetProfile,
        UserProfile as UserProfile,
    )
    from .models.push import (
        AttrsOrFailures as AttrsOrFailures, PushBatchTask as PushBatchTask, PushFailure as PushFailure,
        PushOutcome as PushOutcome, Revoke as Revoke, SendPush as SendPush, SendPushBatch as SendPushBatch,
        SendWebPush as SendWebPush, SetTypedAttrNames as SetTypedAttrNames, TagsOrFailures as TagsOrFailures,
        TimPushChangeTags as TimPushChangeTags, TimPushCondition as TimPushCondition,
        TimPushRemoveAttrs as TimPushRemoveAttrs, TimPushSetAttrs as TimPushSetAttrs, TimPushUsers as TimPushUsers,
        TypedAttrNames as TypedAttrNames, WebInfo as WebInfo,
    )
    from .models.push_schedule import (
        AddScheduledPush as AddScheduledPush, DeleteScheduledPush as DeleteScheduledPush,
        FoundScheduledPush as FoundScheduledPush, GetScheduledPush as GetScheduledPush,
        ListScheduledPushes as ListScheduledPushes, ModifyScheduledPush as ModifyScheduledPush, OrderBy as OrderBy,
        PushContent as PushContent, PushType as PushType, ScheduledPush as ScheduledPush,
        ScheduledPushId as ScheduledPushId, ScheduledPushes as ScheduledPushes,
    )
    from .models.push_statistics import (
        CommitTrace as CommitTrace, GetMessagePushFigures as GetMessagePushFigures,
        GetMessagePushLosses as GetMessagePushLosses, GetMessagePushTrace as GetMessagePushTrace,
        GetPushFigures as GetPushFigures, GetPushLosses as GetPushLosses, GetPushTrace as GetPushTrace,
        InstanceTrace as InstanceTrace, MessagePushFigures as MessagePushFigures,
        MessagePushLosses as MessagePushLosses, OfflineTrace as OfflineTrace, PlatformFigures as PlatformFigures,
        PlatformLoss as PlatformLoss, PushFigures as PushFigures, PushLoss as PushLoss, PushLosses as PushLosses,
        PushTrace as PushTrace, TaskFigures as TaskFigures, TaskLosses as TaskLosses, TraceStep as TraceStep,
    )
    from .models.recent_contact import (
        Contact as Contact, ContactGroup as ContactGroup, ContactGroupPage as ContactGroupPage,
        ContactItem as ContactItem, ContactPage as ContactPage, ContactResult as ContactResult,
        ContactType as ContactType, ContactUpdateItem as ContactUpdateItem, ContactUpdateResult as ContactUpdateResult,
        CreateContactGroup as CreateContactGroup, CreateContactGroupResult as CreateContactGroupResult,
        DeleteContact as DeleteContact, DeleteContactGroup as DeleteContactGroup,
        DeletedContactGroups as DeletedContactGroups, FoundContactGroups as FoundContactGroups,
        GetContactGroups as GetContactGroups, GetContacts as GetContacts, GroupContactItem as GroupContactItem,
        GroupResult as GroupResult, MarkContacts as MarkContacts, MarkContactsResult as MarkContactsResult,
        MarkItem as MarkItem, MarkResult as MarkResult, MarkedContact as MarkedContact,
        ReturnedContact as ReturnedContact, SearchContactGroups as SearchContactGroups,
        UpdateContactGroup as UpdateContactGroup, UpdateContactGroupResult as UpdateContactGroupResult,
        UpdateGroup as UpdateGroup, UpdateGroupResult as UpdateGroupResult,
    )
    from .models.robot import (
        CreateRobot as CreateRobot, DeleteRobot as DeleteRobot, Robots as Robots,
        SendRobotStreamMsg as SendRobotStreamMsg, StreamedMsg as StreamedMsg,
    )
    from .models.sns import (
        AddFriendItem as AddFriendItem, AddFriendLists as AddFriendLists, AddFriendListsResult as AddFriendListsResult,
        AddFriends as AddFriends, AddToBlackList as AddToBlackList, BlackCheckType as BlackCheckType,
        BlackListItem as BlackListItem, BlackListPage as BlackListPage, BlackRelation as BlackRelation,
        BlackRelations as BlackRelations, CheckBlackList as CheckBlackList, CheckFriends as CheckFriends,
        CheckType as CheckType, DeleteAllFriends as DeleteAllFriends, DeleteFriendLists as DeleteFriendLists,
        DeleteFriendListsResult as DeleteFriendListsResult, DeleteFriends as DeleteFriends,
        DeleteFromBlackList as DeleteFromBlackList, DeleteType as DeleteType, FriendData as FriendData,
        FriendList as FriendList, FriendLists as FriendLists, FriendPage as FriendPage,
        FriendRelation as FriendRelation, FriendRelations as FriendRelations, GetBlackList as GetBlackList,
        GetFriendLists as GetFriendLists, GetFriends as GetFriends, GetSpecifiedFriends as GetSpecifiedFriends,
        ImportFriendItem as ImportFriendItem, ImportFriends as ImportFriends, SnsItem as SnsItem,
        SnsResultItem as SnsResultItem, SnsResults as SnsResults, SpecifiedFriend as SpecifiedFriend,
        SpecifiedFriends as SpecifiedFriends, UpdateFriendItem as UpdateFriendItem, UpdateFriends as UpdateFriends,
    )
    from .models.tags import (
        ProfileTag as ProfileTag, SnsTag as SnsTag, TagValue as TagValue, Tagged as Tagged,
    )

# No Final here: `tim_async` would have it as a name of its own, which pyright's check of public types stumbles over.
_NAMES: dict[str, str] = {
    "_api.fields": (
        "RequestField "
    ),
    "_api.wire": (
        "Result "
    ),
    "_calls.account": (
        "AccountCalls "
    ),
    "_calls.all_member_push": (
        "AllMemberPushCalls "
    ),
    "_calls.c2c": (
        "C2CCalls "
    ),
    "_calls.community": (
        "CommunityCalls "
    ),
    "_calls.follow": (
        "FollowCalls "
    ),
    "_calls.group": (
        "GroupCalls "
    ),
    "_calls.group_attr": (
        "GroupAttributesCalls "
    ),
    "_calls.group_member": (
        "GroupMemberCalls "
    ),
    "_calls.group_msg": (
        "GroupMessagesCalls "
    ),
    "_calls.live_group": (
        "LiveGroupCalls "
    ),
    "_calls.moderation": (
        "ModerationCalls "
    ),
    "_calls.official_account": (
        "OfficialAccountCalls "
    ),
    "_calls.operation": (
        "OperationCalls "
    ),
    "_calls.profile": (
        "ProfileCalls "
    ),
    "_calls.push": (
        "PushCalls "
    ),
    "_calls.recent_contact": (
        "RecentContactCalls "
    ),
    "_calls.robot": (
        "RobotCalls "
    ),
    "_calls.sns": (
        "SnsCalls "
    ),
    "_host_limiter.limiter": (
        "HostRateLimiter "
    ),
    "_shared_limits.stats": (
        "LimiterStats "
    ),
    "families._chunks": (
        "Chunked FailedChunk Items "
    ),
    "families._fan_out": (
        "Deliveries Delivery "
    ),
    "families._streaming": (
        "MessageStream "
    ),
    "families.account": (
        "Account "
    ),
    "families.all_member_push": (
        "AllMemberPush "
    ),
    "families.c2c": (
        "C2C "
    ),
    "families.community": (
        "Community "
    ),
    "families.follow": (
        "Follow "
    ),
    "families.group": (
        "Group "
    ),
    "families.group_attr": (
        "GroupAttributes "
    ),
    "families.group_member": (
        "GroupMember "
    ),
    "families.group_msg": (
        "GroupMessages "
    ),
    "families.live_group": (
        "LiveGroup "
    ),
    "families.moderation": (
        "Moderation "
    ),
    "families.official_account": (
        "OfficialAccount "
    ),
    "families.operation": (
        "Operation "
    ),
    "families.profile": (
        "Profile "
    ),
    "families.push": (
        "Push "
    ),
    "families.recent_contact": (
        "RecentContact "
    ),
    "families.robot": (
        "Robot "
    ),
    "families.sns": (
        "Sns "
    ),
    "models.account": (
        "AccountItem AccountResultItem AccountResults CheckAccounts DeleteAccounts ImportAccount ImportAccounts "
        "ImportAccountsResult KickAccount OnlineState OnlineStates OnlineStatus OnlineStatusFailure OnlineStatuses "
        "PlatformStatus QueryOnlineStatus QueryState UserIDItem "
    ),
    "models.all_member_push": (
        "AttrNames AttrsOfUser AttrsOfUsers ChangeTags Condition PushTask PushToAll PushUsers RemoveAttrs "
        "SetAttrNames SetAttrs TagsOfUser TagsOfUsers UserAttrNames UserAttrs UserTags "
    ),
    "models.c2c": (
        "BatchFailure BatchSendMsg BatchSendMsgResult GetRoamMsgs RoamMsg RoamMsgs SendMsg SendMsgResult "
    ),
    "models.c2c_marks": (
        "DeleteMsgs DeletedMsgs GetMsgExtensions GetUnread ImportMsg MarkRead ModifyMsg ReadMsg RecallMsg "
        "SendReadReceipts SetMsgExtensions Unread UnreadCount UnreadFailure "
    ),
    "models.c2c_stream": (
        "SendStreamMsg SendStreamMsgResult "
    ),
    "models.common": (
        "AccountOutcome Empty NoFields "
    ),
    "models.community": (
        "AddPermissionGroupMembers AddPermissionGroupMembersResult AddTopicPermissions AddedPermissionMember "
        "CreatePermissionGroup CreateTopic DeletePermissionGroupMembers DeletePermissionGroupMembersResult "
        "DeleteTopicPermissions DeletedPermissionMember DestroyOutcome DestroyPermissionGroups "
        "DestroyPermissionGroupsResult DestroyTopics DestroyTopicsResult GetPermissionGroupMembers "
        "GetPermissionGroups GetTopicPermissions GetTopics ImportTopic ListedPermissionMember ModifyPermissionGroup "
        "ModifyTopic PermissionGroupCreated PermissionGroupInfo PermissionGroupMembers PermissionGroupOutcome "
        "PermissionGroups PermissionMember SetTopicPermissions TopicAndSelfInfo TopicCreated TopicInfo TopicOutcome "
        "TopicOutcomes TopicPermission TopicPermissionResult TopicPermissions TopicSelfInfo Topics "
    ),
    "models.extension": (
        "Extension ExtensionItem ExtensionOutcome Extensions SetExtensions SetExtensionsResult "
    ),
    "models.follow": (
        "AddFollows CheckFollows DeleteFollows FollowCount FollowCounts FollowItem FollowPage FollowRelation "
        "FollowRelations FollowResults FollowType FollowedAccount GetFollowCounts GetFollows "
    ),
    "models.group": (
        "ApplyJoinOption ChangeOwner CreateGroup CreatedGroup DefinedData FirstMember GetGroups GroupInfo GroupInfos "
        "GroupRequest GroupType ImportGroup ImportedGroup InviteJoinOption JoinedFilter JoinedGroup JoinedGroups "
        "ListGroups ListJoined ListedGroup ListedGroups MemberInfo ModifyGroup OnOff OwnField ResponseFilter SelfInfo "
    ),
    "models.group_attr": (
        "Counter CounterKeys Counters DeleteAttrs GroupAttr GroupAttrKey GroupAttrs ReadAttr ReadCounter "
        "UpdateCounters WriteAttrs "
    ),
    "models.group_member": (
        "AccountRole AddMembers AddedMember AddedMembers BanMembers BannedAccount BannedAccounts DeleteMembers "
        "GetMembers GetRoles ImportMembers ImportedMember ListBanned ListMembers ListMuted MemberInfos MemberPage "
        "ModifyMember MsgFlag MuteMembers MutedAccount MutedAccounts NewMember Role Roles ShuttedUin ShuttedUins "
        "UnbanMembers "
    ),
    "models.group_msg": (
        "BroadcastMsg BroadcastMsgResult ClearGroupMsgs DeleteMsgsBySender GetGroupExtensions GetGroupMsgReceipts "
        "GetGroupMsgs GetReceiptDetail GroupAt GroupMsg GroupMsgReceipt GroupMsgReceipts GroupMsgs ImportGroupMsgs "
        "ImportGroupMsgsResult ImportOutcome ImportedGroupMsg ModifyGroupMsg MsgSeqItem ReadItem RecallGroupMsgs "
        "RecallGroupMsgsResult RecallOutcome ReceiptDetail ReportReceipts SendGroupMsg SendGroupMsgResult "
        "SendSystemNotification SetGroupExtensions SetUnreadMsgNum UnreadItem "
    ),
    "models.group_stream": (
        "SendGroupStreamMsg SendGroupStreamMsgResult "
    ),
    "models.history": (
        "ArchivedC2CMsg ArchivedGroupMsg HistoryInfo "
    ),
    "models.live_group": (
        "AddRobots ChangedMarks ListOnline LiveAdmin LiveAdmins LiveMembers MarkMembers MarkedMember MarkedMembers "
        "ModifyAdmins OnlineMember OnlineMembers OnlineNum PresentMembers "
    ),
    "models.message": (
        "ForbidCallback MessageOptions SendMsgControl "
    ),
    "models.moderation": (
        "AddCloudKeywords ChangeDirtyWords ChangeLocalKeywords CloudKeyword CloudLibraries CloudLibrary CloudWord "
        "CloudWords Content DeleteCloudKeywords DeletedCloudKeywords DirtyWords Done GetCloudKeywords "
        "GetCloudLibraries GetLocalKeywords GetMute ItemJudgement Judgement Judgements KeywordDeletion Label "
        "LocalKeyword LocalWord LocalWords Moderate ModerateBatch Mute SetMute "
    ),
    "models.official_account": (
        "AddSubscribers CreateOfficialAccount CreatedOfficialAccount DeleteSubscribers DestroyOfficialAccount "
        "GetOfficialAccounts GetOfficialMsgs GetSubscribed GetSubscribers InfoFilter ModifyOfficialAccount "
        "ModifySubscriber OfficialAccountInfo OfficialAccountItem OfficialAccounts OfficialMsg OfficialMsgs "
        "OfficialRecallOutcome OfficialRecallOutcomes RecallOfficialMsgs SendOfficialMsg SentOfficialMsg "
        "SubscribedAccount SubscribedAccounts SubscribedFilter Subscriber SubscriberItem SubscriberOutcome "
        "SubscriberOutcomes Subscribers Subscription "
    ),
    "models.operation": (
        "AppFigures AppInfo Archive ArchiveFile ChatFile Figure FileToSign GetAppInfo GetHistory IPList SignFiles "
        "SignedFile SignedFiles "
    ),
    "models.profile": (
        "GetProfiles ProfileItem Profiles SetProfile UserProfile "
    ),
    "models.push": (
        "AttrsOrFailures PushBatchTask PushFailure PushOutcome Revoke SendPush SendPushBatch SendWebPush "
        "SetTypedAttrNames TagsOrFailures TimPushChangeTags TimPushCondition TimPushRemoveAttrs TimPushSetAttrs "
        "TimPushUsers TypedAttrNames WebInfo "
    ),
    "models.push_schedule": (
        "AddScheduledPush DeleteScheduledPush FoundScheduledPush GetScheduledPush ListScheduledPushes "
        "ModifyScheduledPush OrderBy PushContent PushType ScheduledPush ScheduledPushId ScheduledPushes "
    ),
    "models.push_statistics": (
        "CommitTrace GetMessagePushFigures GetMessagePushLosses GetMessagePushTrace GetPushFigures GetPushLosses "
        "GetPushTrace InstanceTrace MessagePushFigures MessagePushLosses OfflineTrace PlatformFigures PlatformLoss "
        "PushFigures PushLoss PushLosses PushTrace TaskFigures TaskLosses TraceStep "
    ),
    "models.recent_contact": (
        "Contact ContactGroup ContactGroupPage ContactItem ContactPage ContactResult ContactType ContactUpdateItem "
        "ContactUpdateResult CreateContactGroup CreateContactGroupResult DeleteContact DeleteContactGroup "
        "DeletedContactGroups FoundContactGroups GetContactGroups GetContacts GroupContactItem GroupResult "
        "MarkContacts MarkContactsResult MarkItem MarkResult MarkedContact ReturnedContact SearchContactGroups "
        "UpdateContactGroup UpdateContactGroupResult UpdateGroup UpdateGroupResult "
    ),
    "models.robot": (
        "CreateRobot DeleteRobot Robots SendRobotStreamMsg StreamedMsg "
    ),
    "models.sns": (
        "AddFriendItem AddFriendLists AddFriendListsResult AddFriends AddToBlackList BlackCheckType BlackListItem "
        "BlackListPage BlackRelation BlackRelations CheckBlackList CheckFriends CheckType DeleteAllFriends "
        "DeleteFriendLists DeleteFriendListsResult DeleteFriends DeleteFromBlackList DeleteType FriendData FriendList "
        "FriendLists FriendPage FriendRelation FriendRelations GetBlackList GetFriendLists GetFriends "
        "GetSpecifiedFriends ImportFriendItem ImportFriends SnsItem SnsResultItem SnsResults SpecifiedFriend "
        "SpecifiedFriends UpdateFriendItem UpdateFriends "
    ),
    "models.tags": (
        "ProfileTag SnsTag TagValue Tagged "
    ),
}
HOMES: dict[str, str] = {name: home for home, names in _NAMES.items() for name in names.split()}
